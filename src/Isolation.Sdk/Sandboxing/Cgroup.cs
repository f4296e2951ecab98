using System.Globalization;

namespace Isolation.Sdk.Sandboxing;

/// <summary>A control group (v2) of the library's own: what was started in it cannot leave it, and ends with one write.</summary>
internal sealed class Cgroup
{
    private const string Unified = "0::";

    private Cgroup(string path) => Path = path;

    public string Path { get; }

    /// <summary>Makes a group below the host's own, if this process may; <see langword="null"/> otherwise.</summary>
    public static Cgroup? TryCreate(string name)
    {
        string? parent = Own();
        return parent is null ? null : TryMake(System.IO.Path.Combine(parent, name));
    }

    /// <summary>Finds a group again; <see langword="null"/> when it is gone.</summary>
    public static Cgroup? TryOpen(string path) => Directory.Exists(path) && File.Exists(KillFile(path)) ? new Cgroup(path) : null;

    /// <summary>Where a group would be made; <see langword="null"/> where there is no cgroup v2. Whether this process may is only known by doing it.</summary>
    public static string? Own()
    {
        try
        {
            // Joining before the first instruction needs to know a child that has not been told of yet.
            if (!File.Exists("/proc/thread-self/children"))
            {
                return null;
            }

            string? mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields.Length > 2 && fields[2] == "cgroup2")?[1];
            string? place = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith(Unified, StringComparison.Ordinal))?[Unified.Length..];
            return mount is null || place is null ? null : mount + (place == "/" ? "" : place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public Cgroup? TryCreateChild(string name) => TryMake(System.IO.Path.Combine(Path, name));

    /// <summary>Moves a process in; what it starts from then on is in too.</summary>
    public bool TryAdd(int pid) => TryWrite(System.IO.Path.Combine(Path, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Ends everything in it and below it.</summary>
    public void Kill() => TryWrite(KillFile(Path), "1");

    /// <summary>The processes in it and below it.</summary>
    public IEnumerable<int> Members()
    {
        try
        {
            return [.. Folders().SelectMany(folder => File.ReadAllLines(System.IO.Path.Combine(folder, "cgroup.procs"))).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Removes it with all below it; they have to be empty.</summary>
    public void Remove()
    {
        try
        {
            foreach (string folder in Folders().OrderByDescending(f => f.Length).ToArray())
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not empty yet, or gone: a later sweep looks again.
        }
    }

    private IEnumerable<string> Folders() => Directory.Exists(Path) ? Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories).Prepend(Path) : [];

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

    private static bool TryWrite(string file, string text)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string KillFile(string path) => System.IO.Path.Combine(path, "cgroup.kill");
}
