//! Validates the spec of a blueprint by the schema of its kind.

use serde_json::Value;

use super::words::{type_of, written};
use crate::store::blueprints::Object;
use crate::store::blueprints::definitions::{Property, Schema};
use crate::wire::FreeJson;

/// Checks a spec. Fields without a property are taken as they are.
///
/// # Errors
/// Describes the first field that does not fit.
pub(super) fn validate(schema: &Schema, spec: Option<&Object>) -> Result<(), String> {
    let empty = Object::new();
    let spec = spec.unwrap_or(&empty);
    for field in &schema.required {
        if !spec.contains_key(field) {
            return Err(format!("required field '{field}' is missing"));
        }
    }
    for (field, FreeJson(value)) in spec {
        if let Some(property) = schema.properties.get(field) {
            check(property, field, value)?;
        }
    }
    Ok(())
}

/// The value of a field, and what is in it. A spec and a schema are as deep as the parser lets them be.
fn check(property: &Property, path: &str, value: &Value) -> Result<(), String> {
    if let Some(wanted) = wanted_instead(&property.kind, value) {
        return Err(format!("field '{path}' must be {wanted}, got {}", type_of(value)));
    }
    if let (Value::Array(values), Some(items)) = (value, &property.items) {
        for (number, value) in values.iter().enumerate() {
            check(items, &format!("{path}[{number}]"), value)?;
        }
    }
    if !property.allowed.is_empty() && !property.allowed.iter().any(|allowed| same(&allowed.0, value)) {
        let allowed = Value::Array(property.allowed.iter().map(|allowed| allowed.0.clone()).collect());
        return Err(format!("field '{path}' must be one of {}, got {}", written(&allowed), written(value)));
    }
    if let (Value::Object(fields), "object") = (value, property.kind.as_str()) {
        for (name, value) in fields {
            if let Some(property) = property.properties.get(name) {
                check(property, &format!("{path}.{name}"), value)?;
            }
        }
    }
    Ok(())
}

/// What a value of another type was to be. Types that are not known, and `integer`, take anything.
fn wanted_instead(kind: &str, value: &Value) -> Option<&'static str> {
    let (fits, wanted) = match kind {
        "string" => (value.is_string(), "a string"),
        "number" => (value.is_number(), "a number"),
        "boolean" => (value.is_boolean(), "a boolean"),
        "object" => (value.is_object(), "an object"),
        "array" => (value.is_array(), "an array"),
        _ => return None,
    };
    (!fits).then_some(wanted)
}

/// Equal as JSON: 1 and 1.0 are the same number, and keys have no order.
fn same(one: &Value, other: &Value) -> bool {
    FreeJson::list(&[FreeJson(one.clone())]) == FreeJson::list(&[FreeJson(other.clone())])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn schema() -> Schema {
        serde_json::from_value(json!({"type": "object", "required": ["needed"], "properties": {
            "text": {"type": "string"},
            "number": {"type": "number"},
            "integer": {"type": "integer"},
            "flag": {"type": "boolean"},
            "odd": {"type": "colour"},
            "mode": {"type": "string", "enum": ["a", "b"]},
            "mixed": {"enum": [1, 2.5, 1_000_000, true, "x", null]},
            "lists": {"enum": [[1, 2], {"a": 1}]},
            "texts": {"type": "array", "items": {"type": "string"}},
            "nested": {"type": "object", "required": ["not looked at"], "properties": {
                "deep": {"type": "object", "properties": {"flag": {"type": "boolean"}}}}},
            "objects": {"type": "array", "items": {"type": "object", "properties": {
                "mode": {"type": "string", "enum": ["day"]}}}},
        }}))
        .unwrap()
    }

    fn checked(spec: &Value) -> Result<(), String> {
        let spec: Object = serde_json::from_value(spec.clone()).unwrap();
        validate(&schema(), Some(&spec))
    }

    #[test]
    fn what_is_required_has_to_be_there_and_may_be_null() {
        let missing = Err("required field 'needed' is missing".to_owned());
        assert_eq!(checked(&json!({})), missing);
        assert_eq!(validate(&schema(), None), missing);
        assert_eq!(checked(&json!({"needed": null})), Ok(()));
    }

    #[test]
    fn what_fits_is_taken() {
        for spec in [
            json!({"unknown": [1]}),
            json!({"text": "x", "number": 1.5, "flag": false}),
            json!({"integer": "1", "odd": {}}),
            json!({"mode": "a", "mixed": 1.0}),
            json!({"mixed": null}),
            json!({"lists": [1.0, 2]}),
            json!({"lists": {"a": 1}}),
            json!({"texts": ["a", "b"]}),
            json!({"nested": {"more": 1, "deep": {"flag": true}}}),
            json!({"objects": [{"mode": "day"}, {}]}),
        ] {
            let mut spec = spec;
            spec["needed"] = json!(1);
            assert_eq!(checked(&spec), Ok(()), "{spec}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (spec, fault) in [
            (json!({"text": 1}), "field 'text' must be a string, got float64"),
            (json!({"text": null}), "field 'text' must be a string, got <nil>"),
            (json!({"number": "1"}), "field 'number' must be a number, got string"),
            (json!({"flag": []}), "field 'flag' must be a boolean, got []interface {}"),
            (json!({"nested": []}), "field 'nested' must be an object, got []interface {}"),
            (json!({"texts": {}}), "field 'texts' must be an array, got map[string]interface {}"),
            (json!({"texts": ["a", true]}), "field 'texts[1]' must be a string, got bool"),
            (json!({"mode": "c"}), "field 'mode' must be one of [a b], got c"),
            (json!({"mixed": 3}), "field 'mixed' must be one of [1 2.5 1e+06 true x <nil>], got 3"),
            (json!({"lists": [1]}), "field 'lists' must be one of [[1 2] map[a:1]], got [1]"),
            (
                json!({"nested": {"deep": {"flag": 1}}}),
                "field 'nested.deep.flag' must be a boolean, got float64",
            ),
            (
                json!({"objects": [{}, {"mode": "night"}]}),
                "field 'objects[1].mode' must be one of [day], got night",
            ),
        ] {
            let mut spec = spec;
            spec["needed"] = json!(1);
            assert_eq!(checked(&spec), Err(fault.to_owned()), "{spec}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]", inner, 0..3)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_is_allowed_where_the_enum_has_it(value in any_json(), others in proptest::collection::vec(any_json(), 0..3)) {
            let mut allowed: Vec<FreeJson> = others.into_iter().map(FreeJson).collect();
            allowed.push(FreeJson(value.clone()));
            let mut property = Property::default();
            property.allowed = allowed;
            prop_assert_eq!(check(&property, "field", &value), Ok(()));
        }

        #[test]
        fn any_spec_fits_or_is_told_why_not(value in any_json()) {
            for field in ["text", "mode", "mixed", "lists", "texts", "nested", "objects"] {
                let mut spec = json!({"needed": 1});
                spec[field] = value.clone();
                if let Err(fault) = checked(&spec) {
                    let prefix = format!("field '{field}");
                    prop_assert!(fault.starts_with(&prefix), "{}", fault);
                }
            }
        }
    }
}
