using System.Reflection;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Runners;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>What a worker held is closed when it ends. While it lives, nothing asks who calls.</summary>
public sealed class WorkerEndTests
{
    /// <summary>What says who it was, and tokens that stay cancelled.</summary>
    private static readonly string[] Open =
    [
        "IsolatedWorker.get_Id",
        "IsolatedWorker.get_Item",
        "IsolatedWorker.get_Stopping",
        "WorkerContext.get_Attempt",
        "WorkerContext.get_Tokens",
        "WorkerContext.get_TokenBudget",
    ];

    /// <summary>Immutable data: once read it is the reader's own copy, like any string.</summary>
    private static readonly Type[] Values =
    [
        typeof(WorkItem),
        typeof(WorkspaceInfo),
        typeof(StateInfo),
        typeof(AttemptId),
        typeof(WorkerMessage),
        typeof(Conversation.Turn),
        typeof(ExecResult),
        typeof(EnvironmentEntry),
    ];

    [Fact(Timeout = 60_000)]
    public async Task Every_member_of_what_a_worker_held_says_that_it_has_ended()
    {
        await using TestWorker a = new("a");
        object[] held = [];
        await a.RunAsync(worker =>
        {
            held = [worker, worker.Context, worker.Context.Conversation];
            return Task.FromResult<RunResult>(new RunResult.Done());
        });

        int tried = 0;
        foreach (
            (object target, MethodInfo member) in held.SelectMany(o =>
                o.GetType()
                    .GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                    .Select(m => (o, m))
            )
        )
        {
            string name = $"{target.GetType().Name}.{member.Name}";
            Exception? thrown = await CallAsync(target, member);
            Assert.True(
                Open.Contains(name) ? thrown is null : thrown is ObjectDisposedException,
                $"{name}: {thrown?.GetType().Name ?? "nothing"}"
            );
            tried++;
        }

        Assert.True(tried > 20, $"Only {tried} members were tried.");
        Assert.Empty(a.History);
        Assert.Empty(a.Events);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_throws_has_ended_as_well()
    {
        await using TestWorker a = new("a");
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            a.RunAsync(_ => throw new InvalidOperationException("crash"))
        );
        Assert.Throws<ObjectDisposedException>(() => a.Worker.Context);
    }

    [IsolationFact(Tools.Linux)]
    public async Task What_a_worker_left_running_is_closed_to_whoever_still_holds_it()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        IsolatedWorker? left = null;
        IWorkerProcess? process = null;
        System.Threading.Channels.ChannelReader<WorkerMessage>? inbox = null;
        await using IsolationPipeline pipeline = fixture
            .Compose()
            .RunWith(
                async (worker, token) =>
                {
                    (left, inbox) = (worker, worker.Inbox);
                    process = await worker.StartAsync(WorkerCommand.Of("sleep", "600"), token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        await run.Completion;

        Assert.True(process!.Exit.IsCompleted);
        Assert.False(await inbox!.WaitToReadAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await left!.ExecAsync(WorkerCommand.Of("true")));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await left!.HandoffAsync("late"));
        Assert.Throws<ObjectDisposedException>(() => left!.ReportProgress("late"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_living_worker_may_be_used_from_any_flow()
    {
        await using TestWorker a = new("a");
        a.Say("nudge", "hello");
        TaskCompletionSource<IsolatedWorker> begun = new();
        TaskCompletionSource done = new();
        Task<RunResult> run = a.RunAsync(async worker =>
        {
            begun.SetResult(worker);
            await done.Task;
            return new RunResult.Done();
        });
        IsolatedWorker worker = await begun.Task;
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    Task.Run(async () =>
                    {
                        worker.Context.Conversation.Append("assistant", $"turn {i}");
                        worker.ReportProgress($"step {i}");
                        await worker.HandoffAsync($"note {i}");
                    })
                )
        );
        Assert.Equal(8, worker.Context.Conversation.Count);
        Assert.Equal("hello", (await worker.Inbox.ReadAsync()).Text);
        Assert.Equal("a service", worker.Services.GetService(typeof(string)));
        Assert.Equal("out\n", (await worker.ExecAsync(WorkerCommand.Of("echo", "out"))).Output);
        done.SetResult();
        await run;
        Assert.Equal(8, a.History.Count);
    }

    [Fact]
    public void What_is_handed_out_as_a_value_cannot_be_changed()
    {
        foreach (
            PropertyInfo property in Values
                .SelectMany(v => v.GetProperties(BindingFlags.Instance | BindingFlags.Public))
                .Where(p => p.SetMethod is not null)
        )
        {
            Assert.True(
                property
                    .SetMethod!.ReturnParameter.GetRequiredCustomModifiers()
                    .Contains(typeof(System.Runtime.CompilerServices.IsExternalInit)),
                $"{property.DeclaringType!.Name}.{property.Name} can be set."
            );
        }
    }

    private static async Task<Exception?> CallAsync(object target, MethodInfo member)
    {
        try
        {
            object?[] arguments = [.. member.GetParameters().Select(Argument)];
            switch (member.Invoke(target, arguments))
            {
                case Task task:
                    await task;
                    break;
                case ValueTask task:
                    await task;
                    break;
                case ValueTask<IWorkerProcess> task:
                    await task;
                    break;
            }

            return null;
        }
        catch (TargetInvocationException e)
        {
            return e.InnerException;
        }
        catch (ObjectDisposedException e)
        {
            return e;
        }
    }

    private static object? Argument(ParameterInfo parameter) =>
        parameter.ParameterType switch
        {
            Type t when t == typeof(string) => "x",
            Type t when t == typeof(WorkerCommand) => WorkerCommand.Of("true"),
            Type t when t.IsValueType => Activator.CreateInstance(t),
            _ => null,
        };
}
