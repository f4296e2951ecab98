using Isolation.Sdk.Sandboxing.Seals;

namespace Isolation.Sdk.Sandboxing;

/// <summary>What a scope holds and has to give back.</summary>
internal sealed record ScopeParts(AttemptId Attempt, string Workspace, string Marker, ScopeFolders Folders, string Trash, ProcessSandboxOptions Options, TimeProvider Time)
{
    public Cgroup? Cgroup { get; init; }

    /// <summary>Whether commands are started by our own launcher.</summary>
    public bool Native { get; init; }

    /// <summary>What confines the commands; <see langword="null"/> for nothing.</summary>
    public IScopeSeal? Seal { get; init; }

    public IReadOnlyList<PortLease> Ports { get; init; } = [];

    /// <summary>Commands with their templates filled in.</summary>
    public IReadOnlyList<WorkerCommand> Teardowns { get; init; } = [];

    public string? EnvFile { get; init; }

    /// <summary>Ends what no handle holds any more: whatever carries the scope's marker.</summary>
    public async Task EndEverythingAsync()
    {
        if (Native)
        {
            ProcessTree tree = new(Marker + ".", Cgroup, Time);
            await NativeSpawn.FreeHeldAsync(Folders.Runtime, () => tree.Alive().Count, Time).ConfigureAwait(false);
            await tree.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
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
        if (keepFolders)
        {
            Folders.Gather();
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
