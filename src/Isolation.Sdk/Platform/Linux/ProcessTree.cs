namespace Isolation.Sdk.Platform;

// However it tried to get away: found by cgroup, session, parent, marker and limit, ended until nothing is found.
internal sealed class ProcessTree(string marker, Cgroup? cgroup, TimeProvider time, IReadOnlyList<string> groups)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);

    // Parent and session of a process may change, these two never.
    private readonly HashSet<(int Id, long Started)> _known = [];
    private readonly HashSet<int> _sessions = [];
    private readonly string _entry = $"{ProcessMark.Variable}={marker}";
    private readonly ProcessMark _mark = ProcessMark.Of(marker);
    private long _since;
    private int _keeper;
    private bool _marked;

    // With the first process of a namespace, or that one's parent, the kernel ends all the others.
    public string Mechanism =>
        cgroup is not null ? "cgroup.kill"
        : _keeper != 0 ? "pid namespace"
        : _marked ? "session, marker and limit"
        : "session and marker";

    public int Keepers { get; private set; }

    // Nobody has reaped it: its session is its own until Close.
    public void Add(int root, int keepers, bool marked)
    {
        _marked = marked;
        Keepers = keepers;
        _keeper = keepers > 0 ? root : 0;
        _sessions.Add(root);
        if (ProcessTable.Find(root, evenEnded: true) is { } entry)
        {
            _known.Add(entry.Identity);
            _since = entry.Started;
        }
    }

    // From now on its id may be anybody's.
    public void Close() => _sessions.Clear();

    public IReadOnlyList<ProcessEntry> FindAlive()
    {
        HashSet<int> inGroup = [.. cgroup?.Members() ?? [], .. groups.SelectMany(path => new Cgroup(path).Members())];
        // Nothing of it is older than its first process, which spares reading most environments.
        ProcessEntry[] table =
        [
            .. ProcessTable.Read().Where(p => p.Started >= _since && p.Id != Environment.ProcessId),
        ];
        HashSet<ProcessEntry> found =
        [
            .. table.Where(p =>
                _known.Contains(p.Identity)
                || _sessions.Contains(p.Session)
                || inGroup.Contains(p.Id)
                || ProcessTable.WasStartedWith(p.Id, _entry)
                || _mark.IsOn(p.Id)
            ),
        ];
        bool more = found.Count > 0;
        while (more)
        {
            HashSet<int> ids = [.. found.Select(p => p.Id)];
            ProcessEntry[] children = [.. table.Where(p => ids.Contains(p.Parent) && !found.Contains(p))];
            found.UnionWith(children);
            more = children.Length > 0;
        }

        _known.UnionWith(found.Select(p => p.Identity));
        return [.. found];
    }

    public async Task<bool> EndAsync(TimeSpan grace)
    {
        IReadOnlyList<ProcessEntry> alive = FindAlive();
        if (alive.Count > 0 && grace > TimeSpan.Zero)
        {
            Send(alive.Where(p => p.Id != _keeper), LinuxProcess.Terminate);
            alive = await WaitAsync(grace, LinuxProcess.Terminate).ConfigureAwait(false);
        }

        if (alive.Count == 0)
        {
            return false;
        }

        cgroup?.Kill();
        Send(alive, LinuxProcess.Kill);
        alive = await WaitAsync(KillLimit, LinuxProcess.Kill).ConfigureAwait(false);
        return alive.Count == 0
            ? true
            : throw new IsolationException(
                SandboxCodes.TreeSurvived,
                $"{alive.Count} processes could not be ended: {string.Join(", ", alive.Select(p => p.Id))}.",
                "They hang in the kernel (a dead network drive, say) or belong to another user; end them by hand."
            );
    }

    private static void Send(IEnumerable<ProcessEntry> processes, int signal)
    {
        foreach (ProcessEntry process in processes)
        {
            LinuxProcess.Signal(process.Id, signal, () => ProcessTable.Find(process.Id)?.Started == process.Started);
        }
    }

    private async Task<IReadOnlyList<ProcessEntry>> WaitAsync(TimeSpan limit, int signal)
    {
        long begun = time.GetTimestamp();
        HashSet<(int Id, long Started)> told = [.. _known];
        while (true)
        {
            IReadOnlyList<ProcessEntry> alive = FindAlive();
            if (alive.Count == 0 || time.GetElapsedTime(begun) >= limit)
            {
                return alive;
            }

            // A second SIGKILL harms nobody, a second SIGTERM might.
            Send(signal == LinuxProcess.Kill ? alive : alive.Where(p => told.Add(p.Identity)), signal);
            await Task.Delay(Pause, time, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
