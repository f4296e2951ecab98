namespace Isolation.Sdk.Platform;

/// <summary>A control group (v2) of the library's own: what was started in it cannot leave it, and ends with one write.</summary>
internal sealed class Cgroup
{
    private Cgroup(string path) => Path = path;

    public string Path { get; }

    /// <summary>Makes a group below the host's own, if this process may; <see langword="null"/> otherwise.</summary>
    public static Cgroup? TryCreate(string name)
    {
        string? parent = Own();
        return parent is null ? null : TryMake(System.IO.Path.Combine(parent, name));
    }

    /// <summary>Finds a group again; <see langword="null"/> when it is gone.</summary>
    public static Cgroup? TryOpen(string path) =>
        Directory.Exists(path) && File.Exists(KillFile(path)) ? new Cgroup(path) : null;

    /// <summary>Where a group would be made; <see langword="null"/> where there is no cgroup v2. Whether this process may is only known by doing it.</summary>
    public static string? Own() =>
        // Joining before the first instruction needs to know a child that has not been told of yet.
        LinuxProcess.SeesChildren
            ? CgroupDiscovery.Unified()
            : null;

    public Cgroup? TryCreateChild(string name) => TryMake(System.IO.Path.Combine(Path, name));

    /// <summary>Moves a process in; what it starts from then on is in too.</summary>
    public bool TryAdd(int pid) => CgroupDirectory.TryAdd(Path, pid);

    /// <summary>Ends everything in it and below it.</summary>
    public void Kill() => CgroupDirectory.TryWrite(KillFile(Path), "1");

    /// <summary>The processes in it and below it.</summary>
    public IEnumerable<int> Members() => CgroupDirectory.Members(Path);

    /// <summary>Removes it with all below it; they have to be empty.</summary>
    public void Remove() => CgroupDirectory.TryRemove(Path);

    private static Cgroup? TryMake(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            if (File.Exists(KillFile(path)))
            {
                return new Cgroup(path);
            }

            Directory.Delete(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string KillFile(string path) => System.IO.Path.Combine(path, "cgroup.kill");
}
