using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Runners;

namespace Isolation.Sdk.Tests.Contexts;

public sealed class WorkerFlowTests
{
    private static readonly AsyncLocal<string?> HostLocal = new();

    [IsolationFact]
    public async Task A_runner_inherits_nothing_of_its_hosts_flow()
    {
        HostLocal.Value = "host-secret";
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat.NumberDecimalSeparator = ",";
        SynchronizationContext? context = SynchronizationContext.Current;
        using Activity host = new Activity("host").AddBaggage("user", "alice").Start();
        Task<RunResult> run;
        try
        {
            CultureInfo.CurrentCulture = odd;
            Thread.CurrentPrincipal = new System.Security.Claims.ClaimsPrincipal();
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            run = WorkerFlow.RunAsync<RunResult>(new WorkerLifetime(new AttemptId("a", 1)), async () =>
            {
                for (int i = 0; i < 2; i++)
                {
                    Assert.Null(HostLocal.Value);
                    Assert.Null(Activity.Current);
                    Assert.Equal("1.5", 1.5.ToString(CultureInfo.CurrentCulture));
                    Assert.Null(SynchronizationContext.Current);
                    Assert.Equal(i > 0, Thread.CurrentThread.IsThreadPoolThread);
                    Assert.Null(Thread.CurrentPrincipal);
                    Assert.Same(TaskScheduler.Default, TaskScheduler.Current);
                    await Task.Yield();
                }

                HostLocal.Value = "the worker's";
                return new RunResult.Done();
            });
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            SynchronizationContext.SetSynchronizationContext(context);
        }

        await run;
        Assert.Equal("host-secret", HostLocal.Value);
    }

    [IsolationFact]
    public async Task What_one_runner_sets_no_other_one_sees()
    {
        TaskCompletionSource set = new();
        Task first = WorkerFlow.RunAsync<RunResult>(new WorkerLifetime(new AttemptId("a", 1)), async () =>
        {
            HostLocal.Value = "from a";
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ";" } };
            Activity.Current = new Activity("a").AddBaggage("k", "v").Start();
            set.SetResult();
            await Task.Yield();
            return new RunResult.Done();
        });
        await set.Task;
        await WorkerFlow.RunAsync<RunResult>(new WorkerLifetime(new AttemptId("b", 1)), () =>
        {
            Assert.Null(HostLocal.Value);
            Assert.Null(Activity.Current);
            Assert.Same(CultureInfo.InvariantCulture, CultureInfo.CurrentCulture);
            return Task.FromResult<RunResult>(new RunResult.Done());
        });
        await first;
        Assert.Null(Activity.Current);
    }

    [IsolationFact]
    public async Task It_works_where_the_flow_is_suppressed_already()
    {
        Task<RunResult> run;
        using (ExecutionContext.SuppressFlow())
        {
            run = WorkerFlow.RunAsync<RunResult>(new WorkerLifetime(new AttemptId("a", 1)), () =>
                Task.FromResult<RunResult>(new RunResult.Done("ok"))
            );
        }

        Assert.Equal("ok", Assert.IsType<RunResult.Done>(await run).Summary);
        Assert.False(ExecutionContext.IsFlowSuppressed());
    }

    [IsolationFact]
    public async Task A_delegate_is_a_runner()
    {
        await using TestWorker worker = new();
        RunResult result = await worker.RunAsync(
            new DelegateRunner((w, _) => Task.FromResult<RunResult>(new RunResult.Done(w.Item.Title)))
        );
        Assert.Equal("Add login", Assert.IsType<RunResult.Done>(result).Summary);
    }
}
