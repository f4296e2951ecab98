using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Host;

/// <summary>Has attempts carried out by nodes: other processes, in other clones. Commits travel through the remote
/// <c>hub</c>, everything else over a socket; there is no broker.</summary>
public sealed class NodeDispatcher : IWorkerDispatcher, IDisposable
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a node may be silent before it is given up.</summary>
    public static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(3);

    private readonly DispatchHost _host;
    private readonly Node[] _nodes;
    private readonly ConcurrentDictionary<AttemptId, Node> _places = new();
    private readonly ConcurrentDictionary<AttemptId, WorkerAssignment> _assignments = new();

    public NodeDispatcher(DispatchHost host, IReadOnlyList<string> sockets)
    {
        _host = host;
        _nodes = [.. sockets.Select(s => new Node(this, s))];
    }

    /// <summary>Why a report that came too late was refused.</summary>
    public ConcurrentQueue<IsolationException> Refused { get; } = new();

    public async Task<AttemptReport> DispatchAsync(
        WorkerAssignment assignment,
        CancellationToken cancellationToken = default
    )
    {
        AttemptId attempt = assignment.Attempt;
        _assignments[attempt] = assignment;
        // A ref that is not at its base any more belongs to an attempt that has finished: it is joined.
        await TryGitAsync("push", "-q", "hub", $"{assignment.BaseCommit}:{attempt.RefName}");
        Node node = await FindAsync(attempt) ?? await FindFreeAsync(attempt);
        _places[attempt] = node;
        TaskCompletionSource<AttemptReport> report = node.Expect(attempt);
        await using CancellationTokenRegistration stop = cancellationToken.Register(() =>
            _ = StopAsync(attempt, TimeSpan.FromSeconds(2), CancellationToken.None).AsTask()
        );
        await node.SendAsync(
            new NodeFrame("dispatch", 0, attempt.ToString(), Encoding.UTF8.GetString(assignment.ToJson()))
        );
        try
        {
            while (await Task.WhenAny(report.Task, Task.Delay(Heartbeat, CancellationToken.None)) != report.Task)
            {
                // A node that came back without it has lost it, too.
                if (!await node.AnswersAsync() || (await node.ListAsync()).All(a => a.Attempt != attempt))
                {
                    return report.Task.IsCompletedSuccessfully
                        ? await report.Task
                        : new AttemptReport(attempt, new RunResult.NodeLost(node.Name, "It does not answer for it."));
                }
            }

            return await report.Task;
        }
        finally
        {
            node.Forget(attempt);
            _places.TryRemove(attempt, out _);
        }
    }

    public async ValueTask<bool> SendAsync(
        AttemptId attempt,
        WorkerMessage message,
        CancellationToken cancellationToken = default
    ) =>
        _places.TryGetValue(attempt, out Node? node)
        && await node.CallAsync("send", attempt, JsonSerializer.Serialize(message)) == "true";

    public async ValueTask<bool> StopAsync(
        AttemptId attempt,
        TimeSpan grace,
        CancellationToken cancellationToken = default
    ) =>
        _places.TryGetValue(attempt, out Node? node)
        && await node.CallAsync("stop", attempt, grace.ToString(null, CultureInfo.InvariantCulture)) == "true";

    public async IAsyncEnumerable<DispatchedAttempt> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        foreach (Node node in _nodes)
        {
            foreach (DispatchedAttempt attempt in await node.ListAsync())
            {
                yield return attempt with
                {
                    Node = node.Name,
                };
            }
        }
    }

    public void Dispose()
    {
        foreach (Node node in _nodes)
        {
            node.Dispose();
        }
    }

    private async Task<Node?> FindAsync(AttemptId attempt)
    {
        foreach (Node node in _nodes)
        {
            if ((await node.ListAsync()).Any(a => a.Attempt == attempt))
            {
                return node;
            }
        }

        return null;
    }

    private async Task<Node> FindFreeAsync(AttemptId attempt)
    {
        foreach (Node node in _nodes)
        {
            if (await node.AnswersAsync())
            {
                return node;
            }
        }

        throw new IsolationException("TEST0001", $"There is no node for {attempt}.", "Start one.");
    }

    /// <summary>Nobody waits for it any more: the coordinator decides whether it still counts.</summary>
    private async Task TryCollectLateAsync(AttemptId attempt, string body)
    {
        try
        {
            await _host.CollectAsync(_assignments[attempt], AttemptReport.Parse(Encoding.UTF8.GetBytes(body)));
        }
        catch (IsolationException e)
        {
            Refused.Enqueue(e);
        }
    }

    private async Task<bool> TryGitAsync(params string[] arguments)
    {
        ProcessStartInfo start = new("git", ["-C", _host.Repository.Path, .. arguments])
        {
            RedirectStandardError = true,
        };
        using Process git = Process.Start(start)!;
        await git.StandardError.ReadToEndAsync();
        await git.WaitForExitAsync();
        return git.ExitCode == 0;
    }

    private sealed class Node(NodeDispatcher owner, string socket) : IDisposable
    {
        private readonly ConcurrentDictionary<long, TaskCompletionSource<string?>> _calls = new();
        private readonly ConcurrentDictionary<AttemptId, TaskCompletionSource<AttemptReport>> _reports = new();
        private readonly SemaphoreSlim _one = new(1, 1);
        private NodeConnection? _connection;
        private long _last;

        public string Name => Path.GetFileNameWithoutExtension(socket);

        public TaskCompletionSource<AttemptReport> Expect(AttemptId attempt) =>
            _reports.GetOrAdd(attempt, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

        public void Forget(AttemptId attempt) => _reports.TryRemove(attempt, out _);

        public async Task<bool> AnswersAsync()
        {
            long until = Environment.TickCount64 + (long)MaxSilence.TotalMilliseconds;
            while (true)
            {
                if (await CallAsync("ping", null, null) is not null)
                {
                    return true;
                }

                if (Environment.TickCount64 > until)
                {
                    return false;
                }

                await Task.Delay(Heartbeat);
            }
        }

        public async Task<IReadOnlyList<DispatchedAttempt>> ListAsync() =>
            await CallAsync("list", null, null) is { } body
                ? JsonSerializer.Deserialize<List<DispatchedAttempt>>(body)!
                : [];

        /// <returns><see langword="null"/>: it does not answer.</returns>
        public async Task<string?> CallAsync(string kind, AttemptId? attempt, string? body)
        {
            long id = Interlocked.Increment(ref _last);
            TaskCompletionSource<string?> answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!await SendAsync(new NodeFrame(kind, id, attempt?.ToString(), body)))
            {
                return null;
            }

            try
            {
                // A stop is answered when the attempt has ended.
                return await answer.Task.WaitAsync(kind == "stop" ? TimeSpan.FromMinutes(1) : MaxSilence) ?? "";
            }
            catch (TimeoutException)
            {
                return null;
            }
        }

        public async Task<bool> SendAsync(NodeFrame frame)
        {
            try
            {
                await (await ConnectAsync()).SendAsync(frame);
                return true;
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                return false;
            }
        }

        public void Dispose()
        {
            _connection?.Dispose();
            _one.Dispose();
        }

        private async Task<NodeConnection> ConnectAsync()
        {
            await _one.WaitAsync();
            try
            {
                if (_connection is null)
                {
                    Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await client.ConnectAsync(new UnixDomainSocketEndPoint(socket));
                    _connection = new NodeConnection(client);
                    _ = ReceiveAsync(_connection);
                }

                return _connection;
            }
            finally
            {
                _one.Release();
            }
        }

        private async Task ReceiveAsync(NodeConnection connection)
        {
            await foreach (NodeFrame frame in connection.ReadAsync())
            {
                try
                {
                    await HandleAsync(connection, frame);
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    // A node may send anything.
                    Console.Error.WriteLine($"{frame.Kind}: {e.Message}");
                }
            }

            _connection = null;
        }

        private async Task HandleAsync(NodeConnection connection, NodeFrame frame)
        {
            AttemptId.TryParse(frame.Attempt, out AttemptId attempt);
            switch (frame.Kind)
            {
                case "answer":
                    if (_calls.TryRemove(frame.Id, out TaskCompletionSource<string?>? call))
                    {
                        call.TrySetResult(frame.Body);
                    }

                    return;
                case "event":
                    owner._host.Publish(JsonSerializer.Deserialize<WorkerEvent>(frame.Body!)!);
                    return;
                case "history":
                    await owner._host.AppendAsync(JsonSerializer.Deserialize<HistoryEntry>(frame.Body!)!);
                    await connection.SendAsync(new NodeFrame("answer", frame.Id));
                    return;
                case "handoff":
                    await owner._host.HandoffAsync(attempt, frame.Body!);
                    await connection.SendAsync(new NodeFrame("answer", frame.Id));
                    return;
                case "target":
                    string commit = await owner._host.FetchTargetAsync(attempt);
                    await owner.TryGitAsync("push", "-q", "-f", "hub", $"{commit}:refs/heads/target");
                    await connection.SendAsync(new NodeFrame("answer", frame.Id, Body: commit));
                    return;
                case "fault" when _reports.TryGetValue(attempt, out TaskCompletionSource<AttemptReport>? waiting):
                    waiting.TrySetException(new IsolationException("TEST0002", frame.Body!, "Look at the node."));
                    return;
                case "report" when _reports.TryGetValue(attempt, out TaskCompletionSource<AttemptReport>? waiting):
                    try
                    {
                        waiting.TrySetResult(AttemptReport.Parse(Encoding.UTF8.GetBytes(frame.Body!)));
                    }
                    catch (IsolationException e)
                    {
                        waiting.TrySetException(e);
                    }

                    return;
                case "report":
                    await owner.TryCollectLateAsync(attempt, frame.Body!);
                    return;
            }
        }
    }
}
