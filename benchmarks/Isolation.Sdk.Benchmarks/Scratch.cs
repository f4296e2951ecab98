namespace Isolation.Sdk.Benchmarks;

/// <summary>A folder of this run's own, gone with it.</summary>
internal sealed class Scratch : IDisposable
{
    private const string Memory = "/dev/shm";
    private const string Prefix = "isolation-benchmarks-";

    public Scratch(string? parent)
    {
        string under = parent ?? (Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath());
        foreach (string left in Directory.EnumerateDirectories(under, Prefix + "*").Where(IsLeft))
        {
            Clear(left);
        }

        Path = System.IO.Path.Combine(under, $"{Prefix}{Environment.ProcessId}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes room again between runs.</summary>
    public static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A run that was killed leaves its folder; the next one takes it away.</summary>
    private static bool IsLeft(string folder) =>
        int.TryParse(
            System.IO.Path.GetFileName(folder)[Prefix.Length..],
            System.Globalization.CultureInfo.InvariantCulture,
            out int process
        ) && !Directory.Exists($"/proc/{process}");

    public void Dispose() => Clear(Path);
}
