using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

/// <summary>What a scope holds and has to give back.</summary>
internal sealed record ScopeResources(
    AttemptId Attempt,
    string Workspace,
    string Marker,
    ScopeFolders Folders,
    string Trash,
    ProcessSandboxOptions Options,
    TimeProvider Time
)
{
    // bwrap, and its own first process inside.
    private const int Keepers = 2;

    public Cgroup? Cgroup { get; init; }

    public WorkItem? Item { get; init; }

    /// <summary>What the groups of a scope are called.</summary>
    public static string CgroupName(string marker) => "isolation-" + marker;

    /// <summary>Where the kernel keeps the limits.</summary>
    public IReadOnlyList<CgroupMount> Places { get; init; } = [];

    /// <summary>The scope's groups there.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Whether commands are started by our own launcher.</summary>
    public bool Native { get; init; }

    /// <summary>What confines the commands; <see langword="null"/> for nothing.</summary>
    public IScopeConfinement? Seal { get; init; }

    public IReadOnlyList<PortLease> Ports { get; init; } = [];

    /// <summary>Commands with their templates filled in.</summary>
    public IReadOnlyList<WorkerCommand> Teardowns { get; init; } = [];

    public string? EnvFile { get; init; }

    /// <summary>Makes the groups that hold one command to its limits.</summary>
    /// <param name="name">The command's.</param>
    /// <param name="kept">Whether other processes stand between us and it, which it is not held for.</param>
    public IReadOnlyList<CommandCgroup> MakeGroups(string name, bool kept)
    {
        List<CommandCgroup> made = [];
        foreach (CgroupMount place in Places)
        {
            if (
                place.TryMake(CgroupName(Marker), name, Options.Limits.Of(place.Controller, kept ? Keepers : 0))
                is not { } group
            )
            {
                made.ForEach(g => CgroupDirectory.TryRemove(g.Path));
                throw new IsolationException(
                    SandboxCodes.NotHeld,
                    $"The kernel no longer takes a limit of {place.Controller.Limit} in '{place.Folder}'.",
                    "Look what changed there; nothing runs with less than it was to be held to."
                )
                {
                    Attempt = Attempt,
                };
            }

            made.Add(group);
        }

        return made;
    }

    /// <summary>Ends what no handle holds any more: whatever carries the scope's marker.</summary>
    public async Task EndEverythingAsync()
    {
        if (Native)
        {
            ProcessTree tree = new(Marker + ".", Cgroup, Time, Groups);
            await ChildStarter.FreeHeldAsync(Folders.Runtime, () => tree.Alive().Count, Time).ConfigureAwait(false);
            await tree.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
            foreach (
                string group in Groups.Concat(Cgroup is null ? [] : [Cgroup.Path]).Distinct(StringComparer.Ordinal)
            )
            {
                await CgroupDirectory.RemoveAsync(group, Time).ConfigureAwait(false);
            }
        }
    }

    public void Release(bool keepFolders)
    {
        foreach (PortLease port in Ports)
        {
            port.Dispose();
        }

        Seal?.Dispose();
        Cgroup?.Remove();
        foreach (string group in Groups)
        {
            CgroupDirectory.TryRemove(group);
        }

        if (keepFolders)
        {
            Folders.MoveTempBeside();
        }
        else
        {
            if (EnvFile is not null)
            {
                File.Delete(EnvFile);
            }

            Folders.Remove(Trash);
        }
    }
}
