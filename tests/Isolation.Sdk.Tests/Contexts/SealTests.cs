using System.Reflection;
using System.Threading.Channels;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Runners;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Contexts;

/// <summary>Two real workers get each other's objects through a captured closure. Members are found by reflection, so a new one is covered on the day it is written.</summary>
public sealed class SealTests
{
    /// <summary>Says who it is, and nothing else.</summary>
    private static readonly string[] Identity = ["IsolatedWorker.get_Id", "WorkerContext.get_Attempt"];

    /// <summary>Immutable data: once read it is the reader's own copy, like any string. Kept honest by <see cref="What_is_handed_out_as_a_value_cannot_be_changed"/>.</summary>
    private static readonly Type[] Values =
    [
        typeof(WorkItem),
        typeof(WorkspaceInfo),
        typeof(StateInfo),
        typeof(AttemptId),
        typeof(WorkerMessage),
        typeof(ConversationTurn),
        typeof(ExecResult),
        typeof(ExecResult),
        typeof(EnvironmentEntry),
    ];

    [IsolationFact]
    public async Task Every_member_of_everything_a_worker_holds_refuses_another_worker()
    {
        await using TestWorker a = new("a"),
            b = new("b");
        TaskCompletionSource<IReadOnlyList<object>> captured = new(),
            seen = new();
        Task<RunResult> owner = a.RunAsync(async worker =>
        {
            captured.SetResult(await ReachAsync(worker));
            await seen.Task;
            Assert.Equal("the briefing", worker.Context.Briefing);
            return new RunResult.Done();
        });
        Task<RunResult> foreigner = b.RunAsync(async worker =>
        {
            try
            {
                await Task.Yield();
                await AssertRefusesAsync(await captured.Task, "ISO0502");
                await Task.Run(async () => await AssertRefusesAsync(await captured.Task, "ISO0502"));
                worker.Context.Conversation.Append("user", "my own still works");
            }
            finally
            {
                seen.SetResult([]);
            }

            return new RunResult.Done();
        });
        await Task.WhenAll(owner, foreigner);
        Assert.Empty(a.History);
        Assert.DoesNotContain(a.Events, e => e.Kind is WorkerEventKind.Phase or WorkerEventKind.Progress);
    }

    [IsolationFact]
    public async Task The_host_a_foreign_thread_and_the_owners_next_attempt_are_foreigners_too()
    {
        await using TestWorker first = new("a", 1),
            second = new("a", 2);
        TaskCompletionSource done = new();
        TaskCompletionSource<IReadOnlyList<object>> captured = new();
        Task<RunResult> owner = first.RunAsync(async worker =>
        {
            captured.SetResult(await ReachAsync(worker));
            await done.Task;
            return new RunResult.Done();
        });
        IReadOnlyList<object> held = await captured.Task;
        try
        {
            await AssertRefusesAsync(held, "ISO0502");
            Exception? onThread = null;
            Thread thread = new(() =>
                onThread = Record.ExceptionAsync(() => AssertRefusesAsync(held, "ISO0502")).GetAwaiter().GetResult()
            );
            thread.Start();
            thread.Join();
            Assert.Null(onThread);
            await second.RunAsync(async _ =>
            {
                await AssertRefusesAsync(held, "ISO0502");
                return new RunResult.Done();
            });
        }
        finally
        {
            done.SetResult();
            await owner;
        }

        // After its end nobody, its own leftover flows and its next attempt included.
        await AssertRefusesAsync(held, "ISO0501");
        await using TestWorker third = new("a", 3);
        await third.RunAsync(async _ =>
        {
            await AssertRefusesAsync(held, "ISO0501");
            return new RunResult.Done();
        });
    }

    [IsolationFact]
    public async Task What_a_worker_left_running_is_shut_out_when_it_ends()
    {
        await using TestWorker a = new("a");
        TaskCompletionSource ended = new();
        Task? leftover = null;
        await a.RunAsync(async worker =>
        {
            IReadOnlyList<object> held = await ReachAsync(worker);
            IAsyncEnumerator<WorkerMessage> reading = worker.Inbox.ReadAllAsync().GetAsyncEnumerator();
            leftover = Task.Run(async () =>
            {
                await ended.Task;
                await AssertRefusesAsync(held, "ISO0501");
                Assert.Equal(
                    "ISO0501",
                    (await Assert.ThrowsAsync<IsolationException>(() => reading.MoveNextAsync().AsTask())).Code
                );
            });
            return new RunResult.Done();
        });
        ended.SetResult();
        await leftover!;
    }

    [IsolationFact]
    public async Task A_worker_that_throws_is_sealed_as_well()
    {
        await using TestWorker a = new("a");
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            a.RunAsync(_ => throw new InvalidOperationException("crash"))
        );
        Assert.Equal("ISO0501", Assert.Throws<IsolationException>(() => a.Worker.Item).Code);
    }

    [IsolationFact]
    public async Task The_owner_may_use_everything_from_its_own_tasks()
    {
        await using TestWorker a = new("a");
        a.Say("nudge", "hello");
        await a.RunAsync(async worker =>
        {
            await Task.WhenAll(
                Enumerable
                    .Range(0, 8)
                    .Select(i =>
                        Task.Run(async () =>
                        {
                            await Task.Yield();
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
            await using IWorkerProcess process = await worker.StartAsync(WorkerCommand.Of("echo", "streamed"));
            using StreamReader reader = new(process.Output);
            Assert.Equal("streamed", await reader.ReadLineAsync());
            return new RunResult.Done();
        });
        Assert.Equal(8, a.History.Count);
    }

    [IsolationFact]
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

    [IsolationFact]
    public async Task A_context_is_open_to_who_makes_it_until_its_worker_begins_but_its_conversation_never_is()
    {
        await using TestWorker a = new("a");
        Assert.Equal("the briefing", a.Context.Briefing);
        Assert.Equal(
            "ISO0502",
            Assert.Throws<IsolationException>(() => a.Context.Conversation.Append("user", "planted")).Code
        );
        Assert.Equal("ISO0502", Assert.Throws<IsolationException>(() => a.Worker.Context).Code);
    }

    /// <summary>Everything with behaviour that can be reached from a worker.</summary>
    private static async Task<IReadOnlyList<object>> ReachAsync(IsolatedWorker worker)
    {
        IWorkerProcess process = await worker.StartAsync(WorkerCommand.Of("cat"));
        object[] found =
        [
            worker,
            worker.Context,
            worker.Context.Conversation,
            worker.Inbox,
            worker.Services,
            process,
            process.Input,
            process.Output,
            process.Error,
        ];
        // Whatever a property of these hands out must be in the list, or be a value.
        foreach (
            Type type in found
                .SelectMany(o => Members(o).OfType<MethodInfo>())
                .Where(m => m.Name.StartsWith("get_", StringComparison.Ordinal))
                .Select(m => m.ReturnType)
        )
        {
            bool known =
                type.IsPrimitive
                || type == typeof(string)
                || type == typeof(CancellationToken)
                || Nullable.GetUnderlyingType(type) is not null
                || Values.Contains(type)
                || type == typeof(Task)
                || type == typeof(Task<ExecResult>)
                || found.Any(type.IsInstanceOfType);
            Assert.True(known, $"{type} can be reached from a worker, and nobody checked whether it is sealed.");
        }

        return found;
    }

    private static IEnumerable<MethodBase> Members(object target)
    {
        // What the owner sees: the public type, with everything it inherits.
        Type type = target switch
        {
            Stream => typeof(Stream),
            ChannelReader<WorkerMessage> => typeof(ChannelReader<WorkerMessage>),
            IWorkerProcess => typeof(IWorkerProcess),
            _ => target.GetType(),
        };
        return type.GetMethods(BindingFlags.Instance | BindingFlags.Public)
            .Concat(type.IsInterface ? type.GetInterfaces().SelectMany(i => i.GetMethods()) : [])
            .Where(m => m.DeclaringType != typeof(object) && m.DeclaringType != typeof(MarshalByRefObject));
    }

    private static async Task AssertRefusesAsync(IReadOnlyList<object> held, string code)
    {
        int tried = 0;
        foreach (
            (object target, MethodInfo member) in held.SelectMany(o =>
                Members(o).OfType<MethodInfo>().Select(m => (o, m))
            )
        )
        {
            string name = $"{target.GetType().Name}.{member.Name}";
            if (Identity.Contains(name))
            {
                Assert.NotNull(member.Invoke(target, null));
                continue;
            }

            if (member.GetParameters().Any(p => p.ParameterType.IsByRefLike))
            {
                continue; // Spans cannot be passed by reflection; they are tried below.
            }

            tried++;
            Assert.True(
                await CallAsync(target, member) is IsolationException thrown && thrown.Code == code,
                $"{name} did not refuse with {code}."
            );
        }

        foreach (Stream stream in held.OfType<Stream>())
        {
            Assert.Equal(code, Assert.Throws<IsolationException>(() => stream.Read(new Span<byte>(new byte[1]))).Code);
            Assert.Equal(
                code,
                Assert.Throws<IsolationException>(() => stream.Write(new ReadOnlySpan<byte>(new byte[1]))).Code
            );
            Assert.Equal(
                code,
                Assert.Throws<IsolationException>(() => stream.ReadExactly(new Span<byte>(new byte[1]))).Code
            );
            Assert.Equal(
                code,
                Assert.Throws<IsolationException>(() => stream.ReadAtLeast(new Span<byte>(new byte[1]), 1)).Code
            );
        }

        Assert.True(tried > 100, $"Only {tried} members were tried.");
    }

    private static async Task<Exception?> CallAsync(object target, MethodInfo member)
    {
        try
        {
            MethodInfo closed = member.IsGenericMethodDefinition ? member.MakeGenericMethod(typeof(string)) : member;
            object? answer = closed.Invoke(target, [.. closed.GetParameters().Select(Argument)]);
            await (
                answer switch
                {
                    Task task => task,
                    ValueTask task => task.AsTask(),
                    not null
                        when answer.GetType() is { IsGenericType: true } t
                            && t.GetGenericTypeDefinition() == typeof(ValueTask<>) => (Task)
                        t.GetMethod("AsTask")!.Invoke(answer, null)!,
                    _ => Task.CompletedTask,
                }
            );
            return null;
        }
        catch (TargetInvocationException e)
        {
            return e.InnerException;
        }
        catch (IsolationException e)
        {
            return e;
        }
    }

    private static object? Argument(ParameterInfo parameter) =>
        parameter.ParameterType switch
        {
            Type t when t == typeof(string) => "x",
            Type t when t == typeof(WorkerCommand) => WorkerCommand.Of("true"),
            Type t when t == typeof(byte[]) => new byte[4],
            Type t when t == typeof(Memory<byte>) => new Memory<byte>(new byte[4]),
            Type t when t == typeof(ReadOnlyMemory<byte>) => new ReadOnlyMemory<byte>(new byte[4]),
            Type t when t == typeof(Stream) => new MemoryStream(),
            Type t when t == typeof(Type) => typeof(string),
            Type t when t == typeof(int) => parameter.Name is "count" or "bufferSize" or "minimumBytes" ? 1 : 0,
            Type t when t == typeof(IAsyncResult) => Task.CompletedTask,
            Type t when t.IsValueType => Activator.CreateInstance(t),
            _ => null,
        };
}
