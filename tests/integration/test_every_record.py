"""Whatever a call returns follows one rule for records, on the wire."""

from __future__ import annotations

import copy
import json
import pickle
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel

import pycolonies
from conftest import Colony
from pycolonies import Colonies, Member, Workflow
