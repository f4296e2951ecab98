using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Runners;

public sealed class ProcessRunnerTests
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(10);

    [IsolationTheory]
    [InlineData("exit 0", "Done { Summary =  }")]
    [InlineData("exit 7", "Failed { Reason = The runner's process ended with exit code 7., Retryable = True }")]
    [InlineData(
        """echo '{"result":"done","reason":"all green"}' >> "$ISOLATION_EVENTS"; exit 3""",
        "Done { Summary = all green }"
    )]
    [InlineData(
        """echo '{"result":"failed","reason":"no way","retryable":false}' >> "$ISOLATION_EVENTS" """,
        "Failed { Reason = no way, Retryable = False }"
    )]
    [InlineData(
        """echo '{"result":"failed"}' >> "$ISOLATION_EVENTS" """,
        "Failed { Reason = The runner gave no reason., Retryable = True }"
    )]
    [InlineData(
        """echo '{"result":"suspended","reason":"asks a person","resumeToken":"t-1"}' >> "$ISOLATION_EVENTS" """,
        "Suspended { Reason = asks a person, ResumeToken = t-1 }"
    )]
    [InlineData(
        """printf '{"result":"done","reason":"no newline at the end"}' >> "$ISOLATION_EVENTS" """,
        "Done { Summary = no newline at the end }"
    )]
    [InlineData(
        """echo '{"result":"done","reason":"written over"}' > "$ISOLATION_EVENTS" """,
        "Done { Summary = written over }"
    )]
    public async Task A_result_is_the_exit_code_unless_the_process_says_otherwise(string script, string expected)
    {
        await using TestWorker worker = new();
        Assert.Equal(expected, (await worker.RunAsync(Shell(script))).ToString());
    }

    [IsolationFact]
    public async Task A_process_may_be_blocked_by_items()
    {
        await using TestWorker worker = new();
        RunResult result = await worker.RunAsync(
            Shell("""echo '{"result":"blocked","items":["a","b"]}' >> "$ISOLATION_EVENTS" """)
        );
        Assert.Equal(["a", "b"], Assert.IsType<RunResult.BlockedOn>(result).Items);
    }

    [IsolationFact]
    public async Task Reports_become_events_history_and_notes_in_their_order()
    {
        await using TestWorker worker = new();
        await worker.RunAsync(
            Shell(
                """
                echo '{"phase":"research"}' >> "$ISOLATION_EVENTS"
                echo '{"phase":"implement","progress":"half way"}' >> "$ISOLATION_EVENTS"
                echo '{"blocked":"no credentials"}' >> "$ISOLATION_EVENTS"
                printf '%s\n' '{"handoff":"# Note\n\nUse `v2`."}' >> "$ISOLATION_EVENTS"
                echo '{"comment":"for the history","unknown":1}' >> "$ISOLATION_EVENTS"
                """
            )
        );
        Assert.Equal(
            ["Phase research", "Phase implement", "Progress half way", "Blocked no credentials"],
            worker.Events.Select(e => $"{e.Kind} {e.Phase ?? e.Text}")
        );
        Assert.Equal(
            [("blocker", "no credentials"), ("handoff", "# Note\n\nUse `v2`."), ("comment", "for the history")],
            worker.History
        );
    }

    [IsolationFact]
    public async Task Garbage_is_told_by_line_number_and_disturbs_nothing()
    {
        await using TestWorker worker = new();
        RunResult result = await worker.RunAsync(
            Shell(
                """
                echo 'not json, password=hunter2' >> "$ISOLATION_EVENTS"
                echo '[1,2]' >> "$ISOLATION_EVENTS"
                echo '{"phase":7}' >> "$ISOLATION_EVENTS"
                echo '{"result":"perhaps"}' >> "$ISOLATION_EVENTS"
                echo '{"phase":"x"} trailing' >> "$ISOLATION_EVENTS"
                printf '{"phase":"\\ud800"}\n' >> "$ISOLATION_EVENTS"
                printf '\377\376\n\n' >> "$ISOLATION_EVENTS"
                head -c 300000 /dev/zero | tr '\0' 'x' >> "$ISOLATION_EVENTS"
                echo >> "$ISOLATION_EVENTS"
                echo '{"phase":"still here"}' >> "$ISOLATION_EVENTS"
                """
            )
        );
        Assert.IsType<RunResult.Done>(result);
        Assert.Equal("still here", Assert.Single(worker.Events, e => e.Kind == WorkerEventKind.Phase).Phase);
        string[] told = [.. worker.Events.Where(e => e.Kind == WorkerEventKind.Progress).Select(e => e.Text!)];
        Assert.Equal(
            [1, 2, 3, 4, 5, 6, 7, 9],
            told.Select(t =>
                int.Parse(t.Split("line ")[1].Split(':')[0], System.Globalization.CultureInfo.InvariantCulture)
            )
        );
        Assert.DoesNotContain(told, t => t.Contains("hunter2", StringComparison.Ordinal));
        Assert.Contains("longer than", told[^1]);
    }

    [IsolationFact]
    public async Task A_flood_of_bad_lines_is_told_ten_times()
    {
        await using TestWorker worker = new();
        await worker.RunAsync(
            Shell(
                """yes nonsense | head -n 5000 >> "$ISOLATION_EVENTS"; echo '{"phase":"end"}' >> "$ISOLATION_EVENTS" """
            )
        );
        Assert.Equal(10, worker.Events.Count(e => e.Kind == WorkerEventKind.Progress));
        Assert.Equal("end", worker.Events.Last().Phase);
    }

    [IsolationFact]
    public async Task A_pipe_or_a_link_in_place_of_the_events_file_is_never_opened()
    {
        await using TestWorker worker = new();
        string secret = Path.Combine(worker.Scope.Root, "secret");
        await File.WriteAllTextAsync(secret, "{\"phase\":\"stolen\"}\n");
        RunResult result = await worker.RunAsync(
            Shell(
                $"""rm "$ISOLATION_EVENTS"; ln -s '{secret}' "$ISOLATION_EVENTS"; rm "$ISOLATION_INBOX"; mkfifo "$ISOLATION_INBOX" """
            )
        );
        Assert.IsType<RunResult.Done>(result);
        Assert.Empty(worker.Events);
    }

    [IsolationFact]
    public async Task Each_argument_stays_one_argument_and_no_shell_reads_it()
    {
        await using TestWorker worker = new();
        ProcessRunner runner = new(
            "sh",
            [
                "-c",
                "printf '[%s]' \"$@\" > args",
                "sh",
                "{instructions}",
                "--id={item}/{attempt}",
                "{title}",
                "{workspace}",
                "{tmp}",
                "{briefing}",
                "p{port:http}",
                "{{literal}}",
                """{"json":1}""",
                "a b",
            ],
            Fast
        );
        await worker.RunAsync(runner);
        string work = worker.Scope.Work,
            tmp = worker.Scope.Info.Temp;
        Assert.Equal(
            $$"""[Do it; $(touch /tmp/never) `x` "y"][--id=auth-123/auth-123.1][Add login][{{work}}][{{tmp}}][{{tmp}}/briefing.md][p4711][{literal}][{"json":1}][a b]""",
            await File.ReadAllTextAsync(Path.Combine(work, "args"))
        );
    }

    [IsolationFact]
    public void Unknown_placeholders_and_empty_commands_are_found_before_anything_runs()
    {
        Assert.Empty(
            ProcessRunner.Check("claude", ["-p", "{instructions}", "{port:web-1}", "{{x}}", "{ not one }", "{}", "{A}"])
        );
        Assert.Equal(
            ["ISO0751", "ISO0751", "ISO0751"],
            ProcessRunner.Check("claude", ["{instruction}", "x{port:}y", "{nope:1}"]).Select(f => f.Code)
        );
        Assert.Equal("ISO0752", Assert.Single(ProcessRunner.Check(" ", [])).Code);
        Assert.Equal("ISO0752", Assert.Single(ProcessRunner.Check("a", ["b\0c"])).Code);
        Assert.Equal("ISO0752", Assert.Single(ProcessRunner.Check(null, null)).Code);
    }

    [IsolationFact]
    public async Task A_port_that_was_not_leased_is_named()
    {
        await using TestWorker worker = new();
        Assert.Equal(
            "ISO0753",
            (
                await Assert.ThrowsAsync<IsolationException>(() =>
                    worker.RunAsync(new ProcessRunner("true", ["{port:db}"], Fast))
                )
            ).Code
        );
        Assert.Empty(worker.Scope.Started);
    }

    [IsolationFact]
    public async Task What_the_host_says_reaches_the_process_as_lines_of_its_inbox()
    {
        await using TestWorker worker = new();
        Task<RunResult> run = worker.RunAsync(
            Shell(
                """
                while ! read -r line < "$ISOLATION_INBOX"; do :; done
                printf '{"result":"done","reason":"got it"}\n' >> "$ISOLATION_EVENTS"
                printf '%s' "$line" > said
                """
            )
        );
        worker.Say("answer", "use \"v2\"");
        Assert.Equal("got it", Assert.IsType<RunResult.Done>(await run).Summary);
        Assert.Equal(
            """{"kind":"answer","text":"use \u0022v2\u0022"}""",
            await File.ReadAllTextAsync(Path.Combine(worker.Scope.Work, "said"))
        );
    }

    [IsolationFact]
    public async Task Stopping_asks_first_and_what_the_process_says_then_still_counts()
    {
        await using TestWorker worker = new();
        Task<RunResult> run = worker.RunAsync(
            Shell(
                """
                trap 'echo "{\"result\":\"suspended\",\"reason\":\"asked to stop\",\"resumeToken\":\"here\"}" >> "$ISOLATION_EVENTS"; exit 0' TERM
                echo '{"phase":"waiting"}' >> "$ISOLATION_EVENTS"
                while :; do sleep 0.05; done
                """
            )
        );
        await worker.UntilAsync(e => e.Phase == "waiting");
        worker.Stop();
        Assert.Equal("here", Assert.IsType<RunResult.Suspended>(await run).ResumeToken);
        Assert.False((await worker.Scope.Started[0].StopAsync(TimeSpan.Zero)).Forced);
    }

    [IsolationFact]
    public async Task A_process_that_does_not_listen_is_ended_by_force_and_said_so()
    {
        await using TestWorker worker = new(stopGrace: TimeSpan.FromMilliseconds(100));
        ProcessRunner runner = new(
            "sh",
            ["-c", """trap '' TERM; echo '{"phase":"deaf"}' >> "$ISOLATION_EVENTS"; while :; do sleep 0.05; done"""],
            Fast
        );
        Task<RunResult> run = worker.RunAsync(runner);
        await worker.UntilAsync(e => e.Phase == "deaf");
        worker.Stop();
        Assert.Contains("by force", Assert.IsType<RunResult.Failed>(await run).Reason);
    }

    [IsolationFact]
    public async Task Cancellation_ends_the_process_at_once_with_the_callers_token()
    {
        await using TestWorker worker = new();
        using CancellationTokenSource now = new();
        Task<RunResult> run = worker.RunAsync(
            Shell("""echo '{"phase":"on"}' >> "$ISOLATION_EVENTS"; exec sleep 600"""),
            now.Token
        );
        await worker.UntilAsync(e => e.Phase == "on");
        await now.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(now.Token, thrown.CancellationToken);
        Assert.True(worker.Scope.Started[0].Exit.IsCompleted);
    }

    [IsolationFact]
    public async Task Secrets_of_the_scope_never_leave_in_reports_notes_or_comments()
    {
        TestScope scope = new(new EnvironmentEntry("KEY", "s3cr3t-value", "secret", Secret: true));
        await using TestWorker worker = new(scope: scope);
        await worker.RunAsync(
            Shell(
                """
                for kind in phase progress blocked handoff comment; do echo "{\"$kind\":\"it is $KEY\"}" >> "$ISOLATION_EVENTS"; done
                """
            )
        );
        Assert.Equal(3, worker.Events.Count);
        Assert.All(worker.Events, e => Assert.Equal("it is ***", e.Text ?? e.Phase));
        Assert.Equal(3, worker.History.Count);
        Assert.All(worker.History, h => Assert.Equal("it is ***", h.Text));
    }

    [IsolationFact]
    public async Task A_command_that_is_not_there_is_a_fault_and_leaves_no_process()
    {
        await using TestWorker worker = new();
        await Assert.ThrowsAnyAsync<Exception>(() => worker.RunAsync(new ProcessRunner("/no/such/agent", [], Fast)));
        Assert.Empty(worker.Scope.Started);
    }

    private static ProcessRunner Shell(string script) => new("sh", ["-c", script], Fast);
}
