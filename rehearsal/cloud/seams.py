"""The private names of the emulator that the local cloud relies on.

None of them is an interface, so the version is pinned and each name is looked
up at start: a newer emulator fails at once with the name that is gone, and not
later with a gap that has silently opened again.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

PINNED = "1.5.33"

NAMES = {
    "app": """
        SERVICE_HANDLERS _dispatch_service_request _routing_params app detect_service pin_request_origin
    """,
    "core.arn": "parse_arn",
    "core.iam_actions": """
        SERVICE_TO_IAM_NAMESPACE access_denied_response extract_iam_action extract_resource_arn
        identity_denial_message
    """,
    "core.iam_evaluator": """
        EvalContext EvalResult PrincipalInfo _POLICY_REQUIRED _fnmatch_compile _gather_role_policies _request_origin
        _resolve_condition_key _resource_policy caller_arn combine_resource_policy enforce evaluate
        evaluate_resource_policy fnmatch_iam fnmatch_iam_cs pin_request_origin request_caller_arn
        resolve_principal
    """,
    "core.lambda_runtime": "reset",
    "core.responses": """
        error_response_json get_account_id get_region json_response new_uuid request_scope
    """,
    "core.router": "_KNOWN_AWS_SERVICE_NAMES extract_region",
    "services.autoscaling": """
        _ACTION_MAP _asgs _error _hook_record _hooks _p _reconcile_instances _xml
    """,
    "services.backup": "_create_selection _delete_selection",
    "services.cloudformation.engine": "_extract_deps",
    "services.cloudformation.provisioners": """
        _REPLACING_PROPERTIES _RESOURCE_HANDLERS _S3_BUCKET_CONFIGURATIONS
        _asg_create _asg_update _cwlogs_create _cwlogs_update _cw_metric_alarm_record _ec2_apply_tags
        _ec2_sg_permissions
        _ec2_vpc_endpoint_create _ec2_vpc_endpoint_update _lambda_create _lambda_update _physical_name
        _sns_create _sns_sub_create _sns_update
    """,
    "services.cloudformation.stacks": "_runs_on_worker_thread",
    "services.cloudwatch": """
        _alarms _calc_stats _dims_from_list _dims_key _dispatch_alarm_actions _error _evaluate_alarm
        _evaluate_parent_alarms _get_metric_data _get_metric_statistics _history_entries
        _is_sns_action_arn _metrics _parse_ts _put_metric_alarm _record_history
        _stat_value _store_datum record_metric
    """,
    "services.cloudwatch_logs": """
        _append_log_events _create_log_stream _filter_log_events _log_group_policies _log_groups _put_log_events
        _resolve_log_group_name _resource_policies
    """,
    "services.ec2": """
        _ACTION_MAP _addresses _allocate_address _create_flow_logs _create_nat_gateway _delete_flow_logs
        _delete_nat_gateway _flow_logs _internet_gateways _launch_templates _lt_data_xml _nat_gateways _parse_filters
        _parse_member_list _release_address _resource_matches_tag_filters _rules_match _security_groups
        _sg_rule_id _strip_descriptions _subnets _tag_set_xml _vpc_endpoints _vpcs _xml
    """,
    "services.efs": "_mount_targets",
    "services.eventbridge": """
        _describe_rule _dispatch_to_lambda _dispatch_to_sqs _invoke_target _list_targets_by_rule
        _pattern_event_view _put_events
    """,
    "services.iam": "_gen_secret _gen_session_access_key _gen_session_token _roles",
    "services.kms": "_resolve_key",
    "services.lambda_svc": """
        _acquire_execution_slot _emit_lambda_logs _emit_lambda_metrics _execute_function_provided_warm
        _execution_record_for_config _fetch_code_from_s3 _functions _get_func_record_for_ref _invoke
        _provided_worker_env _route_async_failure _runtime_env_vars function_policy_for_arn
        invoke_async_with_retry
    """,
    "services.s3": """
        S3_NS _SSE_STORED_HEADERS _apply_object_lock_from_headers _bucket_default_sse_headers
        _bucket_encryption _bucket_object_lock _bucket_policies _buckets _complete_multipart_upload
        _copy_object _create_multipart_upload _delete_bucket _delete_bucket_encryption
        _delete_bucket_lifecycle _delete_bucket_ownership_controls _delete_bucket_tagging _error
        _get_object _head_object _multipart_uploads _object_retention _put_bucket_encryption
        _put_bucket_lifecycle _put_bucket_logging _put_bucket_ownership_controls _put_bucket_tagging
        _put_bucket_versioning _put_object _put_object_lock_configuration _qp _resolve_sse_write_headers
        _stored_sse_headers _upload_part _upload_part_copy
    """,
    "services.scheduler": """
        _SCHEDULE_TICK_INTERVAL _create_schedule _group_arn _schedules _update_schedule
    """,
    "services.sns": """
        _build_envelope _error _fanout _list_subscriptions _list_subscriptions_by_topic
        _matches_filter_policy _p _refresh_subscription_counts _resolve_message_for_protocol
        _subscribe _topic_by_arn_any_scope _topics handle_request topic_policy_allows
    """,
    "services.sqs": """
        _Err _QUERY_COMPAT_CODES _dispatch _get_q _queue_by_arn _queues _refresh_counts queue_policy_allows
    """,
    "services.sts": "register_session",
}


class SeamBroken(Exception):
    """The installed emulator is not the one this module was written for."""


def check() -> None:
    """Raises `SeamBroken` with one line that says what is missing and what to do."""
    try:
        installed = version("ministack")
    except PackageNotFoundError:
        raise _broken("ministack is not installed") from None
    if installed != PINNED:
        raise _broken(f"ministack {installed} is installed")
    for module_name, names in NAMES.items():
        try:
            module = import_module(f"ministack.{module_name}")
        except ImportError as error:
            raise _broken(f"`ministack.{module_name}` cannot be imported ({error})") from None
        for name in names.split():
            if not hasattr(module, name):
                raise _broken(f"ministack has no `{module_name}.{name}`")


def _broken(fact: str) -> SeamBroken:
    return SeamBroken(
        f"{fact}; the local cloud needs ministack {PINNED} as it was released: "
        "delete its virtual environment and install requirements.txt into a new one"
    )
