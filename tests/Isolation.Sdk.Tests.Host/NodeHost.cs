using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Host;

/// <summary>A node: it carries out attempts in its own clone, and pushes what they made to the remote they came
/// from.</summary>
internal sealed class NodeHost : IWorkerHost
{
    private readonly HostRequest _request;
    private readonly NodeRequest _options;
    private readonly WorkerNode _node;
    private readonly Channel<NodeFrame> _outbox = Channel.CreateUnbounded<NodeFrame>();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<string>> _calls = new();
    private readonly ConcurrentDictionary<string, NodeFrame> _reports = new();
    private readonly ConcurrentDictionary<string, DispatchedAttempt> _working = new();
    private readonly SemaphoreSlim _connected = new(0);
    private NodeConnection? _connection;
    private long _last;

    private NodeHost(HostRequest request, NodeRequest options)
    {
        (_request, _options) = (request, options);
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder(request.Repository)
            .Configure(o => o.StopGrace = TimeSpan.FromSeconds(2))
            .AddLabels([.. options.Labels])
            .AddRunner("script", "sh", "-c", "{instructions}", "sh", "{briefing}");
        _node = builder.BuildNode(this);
    }

    public static async Task<HostAnswer> ServeAsync(HostRequest request, NodeRequest options)
    {
        NodeHost host = new(request, options);
        File.Delete(options.Socket);
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(options.Socket));
        listener.Listen();
        _ = host.SendLoopAsync();
        while (true)
        {
            // The newest coordinator counts; what an earlier one was not told, it is told.
            NodeConnection connection = new(await listener.AcceptAsync());
            host._connection = connection;
            host._connected.Release();
            _ = host.ReceiveAsync(connection);
        }
    }

    public void Publish(WorkerEvent workerEvent) =>
        Send(new NodeFrame("event", Body: JsonSerializer.Serialize(workerEvent)));

    public async ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default) =>
        await CallAsync("history", null, JsonSerializer.Serialize(entry));

    public async ValueTask HandoffAsync(
        AttemptId attempt,
        string note,
        CancellationToken cancellationToken = default
    ) => await CallAsync("handoff", attempt.ToString(), note);

    public async ValueTask<string> FetchTargetAsync(AttemptId attempt, CancellationToken cancellationToken = default)
    {
        string commit = await CallAsync("target", attempt.ToString(), null);
        await GitAsync("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*");
        return commit;
    }

    private void Send(NodeFrame frame) => _outbox.Writer.TryWrite(frame);

    private async Task<string> CallAsync(string kind, string? attempt, string? body)
    {
        long id = Interlocked.Increment(ref _last);
        TaskCompletionSource<string> answer = _calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Send(new NodeFrame(kind, id, attempt, body));
        return await answer.Task;
    }

    private async Task SendLoopAsync()
    {
        await _connected.WaitAsync();
        await foreach (NodeFrame frame in _outbox.Reader.ReadAllAsync())
        {
            while (!await TrySendAsync(frame))
            {
                await _connected.WaitAsync();
            }
        }
    }

    private async Task<bool> TrySendAsync(NodeFrame frame)
    {
        try
        {
            await _connection!.SendAsync(frame);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task ReceiveAsync(NodeConnection connection)
    {
        await foreach (NodeFrame frame in connection.ReadAsync())
        {
            if (frame.Kind == "answer")
            {
                if (_calls.TryRemove(frame.Id, out TaskCompletionSource<string>? call))
                {
                    call.TrySetResult(frame.Body ?? "");
                }
            }
            else
            {
                _ = AnswerAsync(frame);
            }
        }
    }

    private async Task AnswerAsync(NodeFrame call)
    {
        AttemptId.TryParse(call.Attempt, out AttemptId attempt);
        switch (call.Kind)
        {
            case "dispatch":
                if (_reports.TryGetValue(call.Attempt!, out NodeFrame? known))
                {
                    Send(known);
                }
                else
                {
                    await DispatchAsync(call);
                }

                return;
            case "ping":
                Send(call with { Kind = "answer" });
                return;
            case "send":
                bool heard = await _node.SendAsync(attempt, JsonSerializer.Deserialize<WorkerMessage>(call.Body!)!);
                Send(call with { Kind = "answer", Body = heard ? "true" : "false" });
                return;
            case "stop":
                TimeSpan grace = TimeSpan.Parse(call.Body!, CultureInfo.InvariantCulture);
                bool stopped = await _node.StopAsync(attempt, grace);
                Send(call with { Kind = "answer", Body = stopped ? "true" : "false" });
                return;
            case "list":
                Send(call with { Kind = "answer", Body = JsonSerializer.Serialize(_working.Values) });
                return;
        }
    }

    private async Task DispatchAsync(NodeFrame call)
    {
        try
        {
            WorkerAssignment assignment = WorkerAssignment.Parse(Encoding.UTF8.GetBytes(call.Body!));
            if (
                _working.TryAdd(
                    call.Attempt!,
                    new DispatchedAttempt(assignment.Attempt, assignment.BaseCommit) { Started = true }
                )
            )
            {
                await WorkAsync(assignment);
            }
        }
        catch (Exception e)
        {
            _working.TryRemove(call.Attempt!, out _);
            Send(new NodeFrame("fault", 0, call.Attempt, e is IsolationException ? e.Message : e.ToString()));
        }
    }

    private async Task WorkAsync(WorkerAssignment assignment)
    {
        string name = assignment.Attempt.RefName;
        await GitAsync("fetch", "-q", "origin", $"+{name}:{name}");
        AttemptReport report = await _node.DispatchAsync(assignment);
        string commit = report.Commit ?? assignment.BaseCommit;
        if (_options.Lie == "orphan")
        {
            commit = await GitAsync("commit-tree", "-m", "from nowhere", $"{commit}^{{tree}}");
            report = report with { Commit = commit };
        }

        if (commit != assignment.BaseCommit)
        {
            await GitAsync(
                "push",
                "-q",
                $"--force-with-lease={name}:{assignment.BaseCommit}",
                "origin",
                $"{commit}:{name}"
            );
        }

        string body = _options.Lie switch
        {
            "{}" => "{}",
            "unknown" => Encoding
                .UTF8.GetString(report.ToJson())
                .Replace("\"done\"", "\"vanished\"", StringComparison.Ordinal),
            _ => Encoding.UTF8.GetString((report with { FetchFrom = "hub", Node = _options.Name }).ToJson()),
        };
        string printed = assignment.Attempt.ToString();
        _reports[printed] = new NodeFrame("report", 0, printed, body);
        Send(_reports[printed]);
    }

    private async Task<string> GitAsync(params string[] arguments)
    {
        ProcessStartInfo start = new("git", ["-C", _request.Repository, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process git = Process.Start(start)!;
        Task<string> error = git.StandardError.ReadToEndAsync();
        string output = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        return git.ExitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {await error}");
    }
}
