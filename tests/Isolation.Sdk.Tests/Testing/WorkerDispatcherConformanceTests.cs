using System.Reflection;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Dispatching;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>The suite for dispatchers passes for the built-in one, and catches every sin.</summary>
public sealed class WorkerDispatcherConformanceTests
{
    public enum Sin
    {
        None,
        ReportsAnotherAttempt,
        ThrowsFailures,
        RunsTwice,
        DropsMessages,
        SaysYes,
        StopsByForce,
        ListsNothing,
        DropsNotes,
        IgnoresCancellation,
    }

    public static TheoryData<string> Names => new(new Suite(Sin.None).Checks.Select(c => c.Name));

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [MemberData(nameof(Names))]
    public Task The_built_in_dispatcher(string check) => new Suite(Sin.None).RunAsync(check);

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [MemberData(nameof(Names))]
    public async Task A_second_machine(string check)
    {
        await using NodeSuite suite = new();
        await suite.RunAsync(check);
    }

    [IsolationTheory(Tools.Linux, Tier = Tier.Ci)]
    [InlineData(
        Sin.ReportsAnotherAttempt,
        nameof(WorkerDispatcherConformance.Work_lands_with_the_report_of_its_attempt)
    )]
    [InlineData(Sin.ThrowsFailures, nameof(WorkerDispatcherConformance.A_failure_is_a_report))]
    [InlineData(Sin.RunsTwice, nameof(WorkerDispatcherConformance.Dispatching_a_running_attempt_joins_it))]
    [InlineData(Sin.DropsMessages, nameof(WorkerDispatcherConformance.A_message_reaches_its_worker))]
    [InlineData(Sin.SaysYes, nameof(WorkerDispatcherConformance.An_attempt_that_runs_nowhere_is_said_to))]
    [InlineData(Sin.StopsByForce, nameof(WorkerDispatcherConformance.A_stop_asks_first_and_returns_when_it_has_ended))]
    [InlineData(Sin.ListsNothing, nameof(WorkerDispatcherConformance.What_runs_is_listed))]
    [InlineData(Sin.DropsNotes, nameof(WorkerDispatcherConformance.Events_comments_and_notes_come_back))]
    [InlineData(Sin.IgnoresCancellation, nameof(WorkerDispatcherConformance.A_cancelled_attempt_reports_what_it_had))]
    public async Task A_bad_dispatcher_is_caught(Sin sin, string check) =>
        await Assert.ThrowsAsync<ConformanceException>(() => new Suite(sin).RunAsync(check));

    [IsolationFact]
    public void Every_check_has_a_bad_dispatcher() =>
        Assert.Empty(
            new Suite(Sin.None)
                .Checks.Select(c => c.Name)
                .Except(
                    typeof(WorkerDispatcherConformanceTests)
                        .GetMethod(nameof(A_bad_dispatcher_is_caught))!
                        .GetCustomAttributesData()
                        .Where(a => a.AttributeType == typeof(InlineDataAttribute))
                        .SelectMany(a => (IEnumerable<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)
                        .Select(a => a.Value as string)
                )
        );

    private sealed class Suite(Sin sin) : WorkerDispatcherConformance
    {
        protected override IWorkerDispatcher Create(IWorkerDispatcher inner, DispatchHost host) =>
            sin == Sin.None ? inner : new Bad(sin, inner);
    }

    private sealed class NodeSuite : WorkerDispatcherConformance, IAsyncDisposable
    {
        private NodeCluster? _nodes;
        private NodeDispatcher? _dispatcher;

        public async ValueTask DisposeAsync()
        {
            _dispatcher?.Dispose();
            await (_nodes?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        protected override async ValueTask PrepareAsync(ThrowawayRepository repository) =>
            _nodes = await NodeCluster.CreateAsync(repository);

        protected override IWorkerDispatcher Create(IWorkerDispatcher inner, DispatchHost host) =>
            _dispatcher = new NodeDispatcher(host, _nodes!.Sockets);
    }

    private sealed class Bad(Sin sin, IWorkerDispatcher inner) : IWorkerDispatcher
    {
        public async Task<AttemptReport> DispatchAsync(
            WorkerAssignment assignment,
            CancellationToken cancellationToken = default
        )
        {
            WorkerAssignment given = sin switch
            {
                // The worker's note is never said.
                Sin.DropsNotes => assignment with
                {
                    Item = assignment.Item with
                    {
                        Instructions = assignment.Item.Instructions.Replace(
                            "\"handoff\"",
                            "\"dropped\"",
                            StringComparison.Ordinal
                        ),
                    },
                },
                _ => assignment,
            };
            AttemptReport report = await inner.DispatchAsync(
                given,
                sin == Sin.IgnoresCancellation ? CancellationToken.None : cancellationToken
            );
            return sin switch
            {
                Sin.ReportsAnotherAttempt => report with { Attempt = report.Attempt with { Number = 9 } },
                Sin.ThrowsFailures when report.Result is RunResult.Failed failed => throw new InvalidOperationException(
                    failed.Reason
                ),
                Sin.RunsTwice => await AgainAsync(assignment, report),
                _ => report,
            };
        }

        public async ValueTask<bool> SendAsync(
            AttemptId attempt,
            WorkerMessage message,
            CancellationToken cancellationToken = default
        ) =>
            sin == Sin.SaysYes
            || (sin != Sin.DropsMessages && await inner.SendAsync(attempt, message, cancellationToken));

        public async ValueTask<bool> StopAsync(
            AttemptId attempt,
            TimeSpan grace,
            CancellationToken cancellationToken = default
        ) =>
            sin == Sin.SaysYes
            || await inner.StopAsync(attempt, sin == Sin.StopsByForce ? TimeSpan.Zero : grace, cancellationToken);

        public IAsyncEnumerable<DispatchedAttempt> ListAsync(CancellationToken cancellationToken = default) =>
            sin == Sin.ListsNothing ? AsyncEnumerable.Empty<DispatchedAttempt>() : inner.ListAsync(cancellationToken);

        private static async Task<AttemptReport> AgainAsync(WorkerAssignment assignment, AttemptReport report)
        {
            string started = assignment.Item.Instructions.Split('\'')[1];
            await File.AppendAllTextAsync(started, "x\n");
            return report;
        }
    }
}
