using System.Diagnostics;
using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;

namespace Isolation.Sdk.Tests.Platform;

/// <summary>What a folder takes is what the disk would get back.</summary>
public sealed class DiskUsageTests : IDisposable
{
    private const int Mega = 1 << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("isolation-extents-").FullName;

    [IsolationFact(Tools.Linux)]
    public void Blocks_count_and_lengths_do_not()
    {
        string inner = Directory.CreateDirectory(Path.Combine(_folder, "deep", "er")).FullName;
        File.WriteAllBytes(Path.Combine(inner, "full"), Noise(Mega));
        using (FileStream sparse = File.Create(Path.Combine(inner, "sparse")))
        {
            sparse.SetLength(1L << 32);
        }

        Assert.InRange(PlatformFiles.Current.MeasureUsage(_folder), Mega, 2 * Mega);
    }

    [IsolationFact(Tools.Linux, "ln")]
    public async Task A_file_with_two_names_counts_once_and_a_link_for_itself()
    {
        string outside = Directory.CreateTempSubdirectory("isolation-extents-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(outside, "large"), Noise(8 * Mega));
            File.CreateSymbolicLink(Path.Combine(_folder, "folder"), outside);
            File.CreateSymbolicLink(Path.Combine(_folder, "file"), Path.Combine(outside, "large"));
            File.WriteAllBytes(Path.Combine(_folder, "full"), Noise(Mega));
            await RunAsync("ln", Path.Combine(_folder, "full"), Path.Combine(_folder, "again"));

            Assert.InRange(PlatformFiles.Current.MeasureUsage(_folder), Mega, (2 * Mega) - 1);
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    [IsolationFact]
    public void A_folder_that_is_not_there_takes_nothing() =>
        Assert.Equal(0, PlatformFiles.Current.MeasureUsage(Path.Combine(_folder, "gone")));

    [IsolationTheory(Tools.Linux, Tools.Images, Tier = Tier.Ci)]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task Shared_blocks_are_nobodys_until_one_of_them_is_written(string fileSystem)
    {
        await using HostProcess host = HostProcess.Start(null, new Disk(fileSystem).Through);
        await host.AskAsync(new HostRequest(Disk.Path) { Mode = "size" });
        string disk = $"/proc/{host.Id}/root{Disk.Path}";
        foreach (string name in new[] { "one", "two" })
        {
            Directory.CreateDirectory(Path.Combine(disk, name));
        }

        File.WriteAllBytes(Path.Combine(disk, "one", "file"), Noise(4 * Mega));
        await RunAsync("sync", "-f", disk);
        Assert.InRange(await SizeAsync(host, "one"), 4 * Mega, 5 * Mega);
        await RunAsync("cp", "--reflink=always", Path.Combine(disk, "one", "file"), Path.Combine(disk, "two", "file"));
        await RunAsync("sync", "-f", disk);
        Assert.InRange(await SizeAsync(host, "one"), 0, Mega);
        Assert.InRange(await SizeAsync(host, "two"), 0, Mega);

        await using (FileStream written = new(Path.Combine(disk, "two", "file"), FileMode.Open))
        {
            written.Write(Noise(2 * Mega));
        }

        await RunAsync("sync", "-f", disk);
        Assert.InRange(await SizeAsync(host, "two"), 2 * Mega, 3 * Mega);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<long> SizeAsync(HostProcess host, string name) =>
        long.Parse(
            (await host.AskAsync(new HostRequest($"{Disk.Path}/{name}") { Mode = "size" })).Items.Single().Item,
            CultureInfo.InvariantCulture
        );

    private static byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        new Random(1).NextBytes(noise);
        return noise;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
