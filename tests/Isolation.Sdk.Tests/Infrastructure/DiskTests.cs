using System.Diagnostics;
using Isolation.Sdk.Tests.Host;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>The disks that other tests run on.</summary>
public sealed class DiskTests
{
    public static TheoryData<string> FileSystems => new(Disk.FileSystems);

    [IsolationTheory(Tools.Linux, Tools.Images, Tier = Tier.Ci)]
    [MemberData(nameof(FileSystems))]
    public async Task A_disk_is_what_it_says_and_gone_when_its_program_is_killed(string fileSystem)
    {
        string[] before = Directory.GetFileSystemEntries(Disk.Path);
        using Process program = Start(fileSystem);
        Assert.Equal(fileSystem, await program.StandardOutput.ReadLineAsync());
        string seen = $"/proc/{program.Id}/root{Disk.Path}";
        Assert.Equal(
            ["mine"],
            Directory.GetFileSystemEntries(seen).Select(Path.GetFileName).Where(n => n != "lost+found")
        );
        string? loop = DeviceOf(program.Id);
        Assert.Equal(fileSystem == "tmpfs", loop is null);
        Assert.Equal(before, Directory.GetFileSystemEntries(Disk.Path));
        Assert.DoesNotContain($" {Disk.Path} ", await File.ReadAllTextAsync("/proc/self/mounts"));

        program.Kill(entireProcessTree: false);
        await program.WaitForExitAsync();

        // The kernel frees the device a moment after the last process that saw the mount.
        while (
            loop is not null
            && File.Exists($"/sys/block/{loop}/loop/backing_file")
            && (await File.ReadAllTextAsync($"/sys/block/{loop}/loop/backing_file")).StartsWith(
                Disk.Path,
                StringComparison.Ordinal
            )
        )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(Disk.Path));
    }

    private static Process Start(string fileSystem)
    {
        string[] command =
        [
            .. new Disk(fileSystem).Through,
            "sh",
            "-c",
            "touch \"$1/mine\"; awk -v at=\"$1\" '$2 == at { kind = $3 } END { print kind }' "
                + "/proc/self/mounts; exec cat",
            "sh",
            Disk.Path,
        ];
        return Process.Start(
            new ProcessStartInfo(command[0], command[1..])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
    }

    private static string? DeviceOf(int process) =>
        File.ReadAllLines($"/proc/{process}/mounts")
            .Select(l => l.Split(' '))
            .Where(f => f[1] == Disk.Path && f[0].StartsWith("/dev/loop", StringComparison.Ordinal))
            .Select(f => Path.GetFileName(f[0]))
            .FirstOrDefault();
}
