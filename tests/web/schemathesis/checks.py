"""What every answer must be like, whatever was asked: schemathesis calls this after each request.

Its own check takes any error of a field for a failure of the server; here ids are random, so "there is no such patient" is
the right answer. What may not be: a status of 500 or more, INTERNAL, an answer without a code, data that are not what the
schema says.
"""

import json
import os

import graphql
import schemathesis

with open(os.environ["CAREGRAPH_SCHEMA"], encoding="utf-8") as file:
    SCHEMA = graphql.build_schema(file.read())

EXPECTED = {
    "BAD_USER_INPUT", "CONFLICT", "FORBIDDEN", "NOT_FOUND", "SOURCE_UNAVAILABLE", "TOO_COMPLEX", "RATE_LIMITED",
}
LEAVES = {"String": str, "ID": str, "Boolean": bool, "Int": int, "Float": (int, float)}


@schemathesis.check
def answers_by_the_schema(ctx, response, case):
    assert response.status_code < 500, f"status {response.status_code}"
    answer = json.loads(response.content)
    for error in answer.get("errors", []):
        code = error.get("extensions", {}).get("code")
        assert code in EXPECTED, f"an error with the code {code}: {error.get('message')}"
    data = answer.get("data")
    if data is None:
        assert answer.get("errors"), "neither data nor errors"
        return
    document = graphql.parse(case.body if isinstance(case.body, str) else case.body["query"])
    fragments = {it.name.value: it for it in document.definitions if isinstance(it, graphql.FragmentDefinitionNode)}
    (operation,) = (it for it in document.definitions if isinstance(it, graphql.OperationDefinitionNode))
    root = SCHEMA.get_root_type(operation.operation)
    fault = of_object(root, [operation.selection_set], data, fragments, root.name)
    assert fault is None, fault


def of_object(of, sets, value, fragments, path):
    """Why a value is no object of this type with these selections; None when it is."""
    if not isinstance(value, dict):
        return f"{path} is no object"
    fields = {}
    for selections in sets:
        collect(of, selections, fragments, fields)
    if set(fields) != set(value):
        return f"{path} has {sorted(value)} instead of {sorted(fields)}"
    for key, nodes in fields.items():
        name = nodes[0].name.value
        if name == "__typename":
            fault = None if value[key] == of.name else f"{path}.{key} is not {of.name}"
        else:
            below = [node.selection_set for node in nodes if node.selection_set]
            fault = of_type(of.fields[name].type, below, value[key], fragments, f"{path}.{key}")
        if fault:
            return fault
    return None


def of_type(of, sets, value, fragments, path):
    if graphql.is_non_null_type(of):
        return f"{path} is null" if value is None else of_type(of.of_type, sets, value, fragments, path)
    if value is None:
        return None
    if graphql.is_list_type(of):
        if not isinstance(value, list):
            return f"{path} is no list"
        faults = (of_type(of.of_type, sets, item, fragments, f"{path}[{place}]") for place, item in enumerate(value))
        return next(filter(None, faults), None)
    if graphql.is_abstract_type(of):
        faults = [of_object(kind, sets, value, fragments, path) for kind in SCHEMA.get_possible_types(of)]
        return None if None in faults else f"{path} is no {of.name}: {faults[0]}"
    if graphql.is_object_type(of):
        return of_object(of, sets, value, fragments, path)
    if graphql.is_enum_type(of):
        return None if value in of.values else f"{path} is none of {of.name}"
    wanted = LEAVES.get(of.name, str)
    return None if isinstance(value, wanted) and not (wanted is int and isinstance(value, bool)) else f"{path} is no {of.name}"


def collect(of, selections, fragments, fields):
    """The fields that apply to a type, by the names that they have in the answer."""
    for node in selections.selections:
        if isinstance(node, graphql.FieldNode):
            fields.setdefault((node.alias or node.name).value, []).append(node)
            continue
        inner = fragments[node.name.value] if isinstance(node, graphql.FragmentSpreadNode) else node
        on = inner.type_condition and SCHEMA.get_type(inner.type_condition.name.value)
        if on is None or on is of or (graphql.is_abstract_type(on) and SCHEMA.is_sub_type(on, of)):
            collect(of, inner.selection_set, fragments, fields)
