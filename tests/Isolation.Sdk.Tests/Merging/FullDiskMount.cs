using System.Diagnostics;

namespace Isolation.Sdk.Tests.Merging;

/// <summary>Mounts and unmounts.</summary>
internal static class FullDiskMount
{
    public static async Task RunAsync(string file, params string[] arguments)
    {
        using Process process = Process.Start(file, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
