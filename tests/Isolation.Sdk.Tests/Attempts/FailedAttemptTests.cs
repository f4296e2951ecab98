using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.Extensions.Logging;
using Polly;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>A failure is a failure, however the runner says it, and whoever looks finds the whole of it.</summary>
public sealed class FailedAttemptTests
{
    private static readonly string Secret = Environment.GetEnvironmentVariable("PATH")!;

    public static TheoryData<string, string> Runners =>
        new()
        {
            { "a kind of result", "no way" },
            { "a command", "The command ended with exit code 3: it is broken" },
            { "an async command", "The command ended with exit code 3: it is broken" },
            { "a kind of result behind a Task", "no way" },
            { "a command behind a Task", "The command ended with exit code 3: it is broken" },
            { "a number behind a Task", "ISO0754: The runner returned a Int32" },
            { "an internal type behind a Task", "ISO0754: The runner returned a Nothing" },
        };

    [IsolationTheory]
    [MemberData(nameof(Runners))]
    public async Task A_failure_never_lands(string runner, string reason)
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = With(fixture.Compose(), runner).Build();

        WorkItemResult result = await RunAsync(pipeline);

        Assert.Equal(ItemOutcome.Failed, result.Outcome);
        Assert.StartsWith(reason, result.Reason, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task What_says_nothing_is_done()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .RunWith(async (worker, token) => await PipelineFixture.CommitAsync(worker, "made.txt", "made\n", token))
            .Build();

        Assert.Equal(ItemOutcome.Landed, (await RunAsync(pipeline)).Outcome);
    }

    [IsolationFact]
    public async Task An_exception_reaches_logs_and_report_whole()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        Recorder logs = new();
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .UseLoggerFactory(logs)
            .RunWith(
                (_, _) => throw new InvalidOperationException("agent broke", new ArgumentException("the inner one"))
            )
            .Build();

        AttemptReport report = Assert.Single((await RunAsync(pipeline)).Attempts);

        string[] parts = ["InvalidOperationException: agent broke", "the inner one", nameof(FailedAttemptTests)];
        Assert.All(parts, part => Assert.Contains(part, report.Exception!, StringComparison.Ordinal));
        (LogLevel level, Exception? thrown) = Assert.Single(logs.Entries, e => e.Thrown is not null);
        Assert.Equal(LogLevel.Error, level);
        Assert.IsType<ArgumentException>(Assert.IsType<InvalidOperationException>(thrown).InnerException);
        string logged = Assert
            .Single(WorkerMonitor.ReadLog(report.Log!), e => e.Data?.ContainsKey("exception") == true)
            .Data!["exception"];
        Assert.All(parts, part => Assert.Contains(part, logged, StringComparison.Ordinal));
        Assert.Contains('\n', logged);
        Assert.Contains(logs.Lines, l => l.StartsWith("Warning: a.1 ended: Failed", StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, l => l.Contains("(null)", StringComparison.Ordinal));
    }

    [IsolationFact]
    public async Task A_secret_in_an_exception_is_masked_everywhere()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        Recorder logs = new();
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .UseLoggerFactory(logs)
            .Sandbox.UseProcess(o => o.Secrets.Add("PATH"))
            .RunWith((_, _) => throw new InvalidOperationException($"token {Secret} is refused"))
            .Build();

        AttemptReport report = Assert.Single((await RunAsync(pipeline)).Attempts);

        Assert.Contains("token *** is refused", report.Exception!, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, await File.ReadAllTextAsync(report.Log!), StringComparison.Ordinal);
        Assert.DoesNotContain(logs.Entries, e =>
            e.Thrown?.ToString().Contains(Secret, StringComparison.Ordinal) == true
        );
        Assert.Contains(logs.Lines, l => l.Contains("token *** is refused", StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, l => l.Contains(Secret, StringComparison.Ordinal));
    }

    [IsolationFact]
    public async Task A_time_limit_of_the_hosts_own_is_named_and_is_a_time_out()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .ConfigureResilience(b => b.AddTimeout(TimeSpan.FromMilliseconds(300)))
            .RunWith(async (_, token) => await Task.Delay(Timeout.Infinite, token))
            .Build();

        WorkItemResult result = await RunAsync(pipeline);

        Assert.Equal((ItemOutcome.TimedOut, "It took longer than 00:00:00.3000000."), (result.Outcome, result.Reason));
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_failed_command_says_what_it_wrote_last()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .RunProcess("sh", "-c", "seq 1 5000; echo 'no such table: users' >&2; exit 7")
            .Build();

        string reason = (await RunAsync(pipeline)).Reason!;

        Assert.StartsWith("The runner's process ended with exit code 7: ", reason, StringComparison.Ordinal);
        Assert.EndsWith("no such table: users", reason, StringComparison.Ordinal);
        Assert.InRange(reason.Length, 100, 2_100);
    }

    [IsolationFact(Tools.Linux)]
    public async Task Setup_commands_know_the_placeholders_of_all_others()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .Setup("sh", "-c", "printf %s \"$1\" > setup.txt", "sh", "{attempt} {item} {title} {worker_id} {{item}}")
            .RunProcess("true")
            .Build();

        Assert.Equal(ItemOutcome.Landed, (await RunAsync(pipeline)).Outcome);
        Assert.Equal("a.1 a Do a a_1 {item}", await fixture.GitAsync("show", $"{PipelineFixture.Target}:setup.txt"));
    }

    private static IsolationPipelineBuilder With(IsolationPipelineBuilder builder, string runner)
    {
        WorkerCommand broken = WorkerCommand.Of("sh", "-c", "echo changed > file.txt; echo 'it is broken' >&2; exit 3");
        Func<IsolatedWorker, CancellationToken, Task> late = runner switch
        {
            "a kind of result behind a Task" => (_, _) => Task.FromResult(new RunResult.Failed("no way")),
            "a command behind a Task" => (w, c) => w.ExecAsync(broken, c),
            "a number behind a Task" => (_, _) => Task.FromResult(1),
            _ => (_, _) => Task.FromResult(new Nothing()),
        };
        return runner switch
        {
            "a kind of result" => builder.RunWith((_, _) => Task.FromResult(new RunResult.Failed("no way"))),
            "a command" => builder.RunWith((w, c) => w.ExecAsync(broken, c)),
            "an async command" => builder.RunWith(async (w, c) => await w.ExecAsync(broken, c)),
            _ => builder.RunWith(late),
        };
    }

    private static async Task<WorkItemResult> RunAsync(IsolationPipeline pipeline)
    {
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        return Assert.Single((await run.Completion).Items);
    }

    private sealed class Nothing;

    private sealed class Recorder : ILoggerFactory, ILogger
    {
        private readonly Lock _gate = new();

        public List<string> Lines { get; } = [];

        public List<(LogLevel Level, Exception? Thrown)> Entries { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            lock (_gate)
            {
                Lines.Add($"{logLevel}: {formatter(state, exception)}");
                Entries.Add((logLevel, exception));
            }
        }
    }
}
