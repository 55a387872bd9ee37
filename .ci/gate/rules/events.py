"""The patterns of rules match what is really sent: a key that does not exist is silence."""

from ..stack import Stack, listed, names

# The envelope of every event of EventBridge.
_ENVELOPE = {"source", "detail-type", "resources", "account", "region", "time", "id", "version", "detail"}

# Of each source: the kinds of events, and what their detail holds.
_DETAIL = {
    "aws.datasync": {"DataSync Task Execution State Change": {"State"}},
    "aws.backup": {
        "Backup Job State Change": {
            "backupJobId", "backupSizeInBytes", "backupVaultArn", "backupVaultName", "bytesTransferred",
            "completionDate", "creationDate", "iamRoleArn", "percentDone", "resourceArn", "resourceType", "state",
            "statusMessage",
        },
    },
}  # fmt: skip

# DataSync's guide and API, and two words that were seen although neither has them.
_ON_THE_WAY = {
    "QUEUED", "QUEUEING", "LAUNCHING", "LAUNCHED", "PREPARING", "TRANSFERRING", "VERIFYING", "CANCELLING",
}  # fmt: skip


def patterns_ask_for_what_events_have(stack: Stack):
    """The keys exist, letter by letter: `State` with a capital, and no `status`."""
    for rule in stack.of("Events::Rule"):
        pattern = rule.get("EventPattern", {})
        for source in pattern.get("source", [None]):
            for kind in pattern.get("detail-type", [None]):
                known = _DETAIL.get(source, {}).get(kind)
                if known is None or not set(pattern.get("detail", {})) <= known or not set(pattern) <= _ENVELOPE:
                    yield rule.name


def a_state_that_nobody_knows_yet_is_mailed(stack: Stack):
    """D6: all but the states on the way; a list of final states would drop a new one."""
    for rule in _of_datasync(stack):
        match rule.get("EventPattern/detail/State"):
            case [{"anything-but": states}] if set(listed(states)) == _ON_THE_WAY:
                pass
            case _:
                yield rule.name


def the_rule_is_about_this_task(stack: Stack):
    """D6: two stacks in one account do not mail each other's runs."""
    tasks = {task.name for task in stack.of("DataSync::Task")}
    for rule in _of_datasync(stack):
        if not names(rule.get("EventPattern/resources")) & tasks:
            yield rule.name


def every_task_has_an_enabled_rule(stack: Stack):
    """D2: the first of three ways on which the end of a run is told."""
    rules = [rule for rule in _of_datasync(stack) if rule.get("State", "ENABLED") == "ENABLED"]
    heard = {name for rule in rules if rule.get("Targets") for name in names(rule.get("EventPattern/resources"))}
    yield from {task.name for task in stack.of("DataSync::Task")} - heard


def rules_may_invoke_their_functions(stack: Stack):
    """A rule without a permission on its target fails, and only its queue knows."""
    functions = {function.name for function in stack.functions}
    permitted = {
        (rule, function)
        for permission in stack.of("Lambda::Permission")
        if permission.get("Principal") == "events.amazonaws.com"
        for rule in names(permission.get("SourceArn"))
        for function in names(permission.get("FunctionName"))
    }
    for rule in stack.of("Events::Rule"):
        for target in listed(rule.get("Targets")):
            for function in names(target["Arn"]) & functions:
                if (rule.name, function) not in permitted:
                    yield rule.name


def schedules_are_enabled(stack: Stack):
    """A schedule that is off is a backup that never starts, and a watch that never looks."""
    for schedule in stack.of("Scheduler::Schedule"):
        if schedule.get("State", "ENABLED") != "ENABLED":
            yield schedule.name


def _of_datasync(stack):
    return [rule for rule in stack.of("Events::Rule") if "aws.datasync" in rule.get("EventPattern/source", [])]
