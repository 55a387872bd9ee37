//! The whole product from outside: one local cloud, the real stack in it, and
//! what a person or AWS would do to it.
//!
//! Tests play one after the other on the same stage, in the order of the list
//! below. A part of a test's name plays only those: `cargo test -p acceptance
//! second`.

mod alert_path;
mod alternating;
mod audit;
mod bad_days;
mod described_system;
mod event_patterns;
mod events;
mod evidence;
mod existing_bucket;
mod failed_files;
mod fault_lab;
mod file_names;
mod fleet;
mod function_logs;
mod fuzz_corpus;
mod getting_files_back;
mod harness;
mod mount;
mod ping;
mod processes;
mod protection;
mod recorded_executions;
mod restore;
mod scenarios;
mod seams;
mod start;
mod statements;
mod template;
mod tool;
mod watch;

use harness::Stage;
use libtest_mimic::{Arguments, Failed, Trial};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// A test on the stage.
type Act = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + 'a>>;

/// A test that needs no stage, and so no local cloud.
type Solo = fn() -> Pin<Box<dyn Future<Output = anyhow::Result<()>>>>;

macro_rules! acts {
    ($($module:ident :: $name:ident),* $(,)?) => {
        vec![$((concat!(stringify!($module), "::", stringify!($name)), (|stage| Box::pin($module::$name(stage))) as Act)),*]
    };
}

macro_rules! solos {
    ($($module:ident :: $name:ident),* $(,)?) => {
        vec![$((concat!(stringify!($module), "::", stringify!($name)), (|| Box::pin($module::$name())) as Solo)),*]
    };
}

/// All tests that need no stage.
fn solos() -> Vec<(&'static str, Solo)> {
    solos![
        described_system::every_row_is_shown,
        fault_lab::it_can_condemn_and_be_played_again,
        fuzz_corpus::every_input_is_survived,
        mount::the_template_holds_the_script,
        mount::no_instance_goes_into_service_without_its_files,
        mount::two_instances_see_the_same_file,
        mount::the_load_is_bounded,
        template::its_sections_are_in_order,
        template::agree_with_the_functions,
        template::name_what_they_are_about,
        template::every_metric_exists,
        template::alarms_are_few_and_lead_somewhere,
        template::each_is_explained,
        template::are_named_right_elsewhere,
        statements::the_table_has_each,
    ]
}

/// All tests on the stage, in the order of playing.
#[allow(clippy::too_many_lines, reason = "it is a list")]
fn acts() -> Vec<(&'static str, Act)> {
    acts![
        scenarios::all_pass,
        events::every_recorded_event_is_answered,
        events::what_is_no_event_is_told,
        events::an_event_about_another_task_is_told,
        events::a_second_event_sends_no_second_mail,
        events::the_rule_lets_through_what_is_not_in_between,
        events::a_test_mail_can_be_asked_for,
        recorded_executions::get_the_right_verdict,
        recorded_executions::an_unknown_status_is_told,
        recorded_executions::a_status_that_stays_behind_is_told,
        recorded_executions::a_late_answer_is_waited_for,
        recorded_executions::only_a_log_that_is_alive_stands_in_for_a_report,
        recorded_executions::a_report_that_lists_nothing_is_never_ok,
        bad_days::a_denied_describe_gives_a_degraded_mail_and_then_the_real_one,
        bad_days::an_execution_that_is_gone_is_told,
        bad_days::a_denied_report_bucket_is_never_ok,
        bad_days::a_denied_publish_is_an_error,
        bad_days::a_missing_variable_is_named,
        start::a_running_task_is_skipped,
        start::an_unavailable_task_is_refused_with_its_own_words,
        start::a_lost_answer_counts_as_started,
        start::a_request_that_makes_no_sense_is_refused,
        start::one_run_can_do_otherwise,
        start::one_run_can_be_narrowed,
        start::a_run_says_who_started_it,
        start::a_dry_run_starts_nothing,
        start::short_burst_credits_slow_a_run_down,
        evidence::a_sound_line_rules_out_what_it_can,
        evidence::a_key_that_does_not_work_is_proven,
        evidence::what_may_not_be_seen_is_said,
        function_logs::name_the_execution,
        function_logs::are_json_for_every_function,
        ping::a_run_is_told_from_start_to_end,
        ping::a_service_that_is_ill_changes_nothing,
        watch::has_nothing_to_tell_twice,
        watch::a_disabled_rule_is_told_until_it_works,
        watch::a_denied_look_is_told,
        watch::two_at_once_do_no_harm,
        watch::an_unreadable_ledger_is_told,
        watch::a_ledger_that_cannot_be_written_is_told,
        watch::limits_are_variables,
        failed_files::all_of_a_hundred_thousand_are_counted_and_classed,
        failed_files::a_broken_part_is_never_none,
        failed_files::a_denied_log_is_said,
        audit::the_bucket_of_the_stack_is_fine,
        audit::a_good_report_is_mailed_if_that_is_asked_for,
        audit::a_drift_is_found_and_its_command_undoes_it,
        audit::a_denied_call_is_not_known,
        audit::other_buckets_are_audited_by_name,
        audit::an_order_that_makes_no_sense_is_refused,
        audit::a_letter_that_is_not_published_is_an_error,
        file_names::hostile_names_stay_on_their_line,
        file_names::a_path_of_4096_bytes_is_named,
        restore::odd_names_come_back,
        restore::hostile_keys_stay_inside_the_folder,
        restore::an_unreadable_file_is_in_report_and_log,
        getting_files_back::every_command_of_the_readme_is_taken,
        tool::a_second_deploy_changes_nothing,
        tool::without_a_yes_nothing_is_changed,
        tool::mistakes_are_named,
        tool::what_is_missing_is_said_first,
        tool::a_profile_comes_from_samconfig,
        tool::the_strict_profile_names_what_it_needs,
        tool::a_failed_deploy_names_its_cause,
        tool::a_fleet_that_cannot_be_is_refused,
        tool::a_second_stack_comes_and_goes,
        existing_bucket::it_is_audited_first,
        existing_bucket::what_cannot_be_judged_is_refused,
        existing_bucket::it_is_used_as_it_is,
        alternating::only_code_changes,
        protection::two_roles_change_what_keeps_the_backup,
        statements::each_is_needed,
        alert_path::a_line_that_is_well_is_told_so,
        alert_path::a_test_mail_goes_the_whole_way,
        alert_path::a_disabled_rule_is_named,
        alert_path::a_rule_without_a_target_is_named,
        alert_path::a_target_that_replaces_the_event_is_named,
        alert_path::a_function_that_lets_no_rule_in_is_named,
        alert_path::a_wrong_pattern_is_named,
        alert_path::a_pending_subscription_is_named,
        alert_path::a_subscription_that_is_picky_is_named,
        alert_path::a_function_with_another_topic_is_named,
        alert_path::what_is_denied_is_not_known_and_never_well,
        event_patterns::the_rule_judges_recorded_events,
        event_patterns::two_evaluators_agree_on_the_guides_examples,
        fleet::the_group_is_gated_and_grows,
        fleet::its_machines_are_locked_down,
        fleet::its_network_is_closed,
        fleet::its_role_allows_what_the_script_calls,
        seams::every_repair_holds,
        processes::rehearse_leaves_nothing_running,
        processes::a_killed_rehearsal_leaves_nothing_running,
        processes::a_missing_python_is_a_clear_error,
        processes::without_namespaces_the_fleet_is_not_shown,
        // The last one: it leaves thousands of mails, and a history that never was.
        fault_lab::never_silent_and_never_wrongly_ok,
    ]
}

fn main() -> std::process::ExitCode {
    let mut arguments = Arguments::from_args();
    // They share one stage; each must find it as the one before left it.
    arguments.test_threads = Some(1);
    let house = Arc::new(House::default());
    let solos = solos().into_iter().map(|(name, solo)| trial(name, solo));
    let acts = acts().into_iter();
    let acts = acts.map(|(name, act)| house.trial(name, act));
    let trials = solos.chain(acts).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    house.close();
    conclusion.exit_code()
}

fn trial(name: &'static str, solo: Solo) -> Trial {
    Trial::test(name, move || {
        let played = Runtime::new().map_err(Into::into);
        let played = played.and_then(|runtime| runtime.block_on(solo()));
        played.map_err(|error| Failed::from(format!("{error:#}")))
    })
}

/// Opens the stage for the first test that needs it, so that listing tests
/// starts nothing.
#[derive(Default)]
struct House {
    open: Mutex<Option<(Runtime, Stage)>>,
}

impl House {
    fn trial(self: &Arc<Self>, name: &'static str, act: Act) -> Trial {
        let house = Arc::clone(self);
        Trial::test(name, move || {
            house
                .play(act)
                .map_err(|error| Failed::from(format!("{error:#}")))
        })
    }

    fn play(&self, act: Act) -> anyhow::Result<()> {
        let mut open = self
            .open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if open.is_none() {
            let runtime = Runtime::new()?;
            let stage = runtime.block_on(harness::open())?;
            *open = Some((runtime, stage));
        }
        let (runtime, stage) = open.as_ref().expect("it was opened above");
        runtime.block_on(act(stage))
    }

    fn close(&self) {
        let open = self
            .open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some((runtime, stage)) = open {
            runtime.block_on(stage.cloud.stop());
        }
    }
}
