using System.Globalization;
using System.Runtime.InteropServices;

namespace Isolation.Sdk.Benchmarks;

/// <summary>What a table cannot be read without.</summary>
internal static class Machine
{
    public static async Task PrintAsync(string folder)
    {
        string load = File.Exists("/proc/loadavg")
            ? string.Join(' ', (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ').Take(3))
            : "unknown";
        double memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        DriveInfo? drive = DriveInfo
            .GetDrives()
            .Where(d => (folder + "/").StartsWith(d.Name.TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(d => d.Name.Length);
        string git = await Command.GitAsync(folder, "--version");
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} "
                    + $"cores, {memory:0} GiB, {RuntimeInformation.OSDescription}, {git}, "
                    + $"{RuntimeInformation.FrameworkDescription}, "
                    + $"{drive?.DriveFormat ?? "unknown file system"}, load {load}"
            )
        );
        Console.WriteLine();
    }
}
