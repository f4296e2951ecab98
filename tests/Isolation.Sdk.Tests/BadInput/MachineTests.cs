using System.Diagnostics;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tests.Stress;

namespace Isolation.Sdk.Tests.BadInput;

/// <summary>What the machine does not give: git, rights, room.</summary>
public sealed class MachineTests
{
    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData("missing", "ISO0202")]
    [InlineData("2.38.9", "ISO0203")]
    [InlineData("nonsense", "ISO0203")]
    public async Task A_git_that_is_missing_or_too_old_is_named(string version, string code)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string bin = Directory.CreateDirectory(Path.Combine(repository.Root, "bin")).FullName;
        if (version != "missing")
        {
            string fake = Path.Combine(bin, "git");
            await File.WriteAllTextAsync(
                fake,
                $"#!/bin/sh\nif [ \"$1\" = --version ]; then echo git version {version}; else exec "
                    + $"{Which("git")} \"$@\"; fi\n"
            );
            await RunAsync("chmod", "a+rx", fake);
        }

        await RefusedAsync(
            repository,
            code,
            new Dictionary<string, string?>
            {
                ["PATH"] = version == "missing" ? bin : $"{bin}:{Environment.GetEnvironmentVariable("PATH")}",
            }
        );
    }

    [IsolationTheory(Tools.Linux, Tools.Root, "setpriv", DefaultRows = 1)]
    [InlineData("a repository of another user", "ISO0205")]
    [InlineData("no right beside the repository", "ISO0301")]
    [InlineData("no right in the repository", "ISO0301")]
    public async Task An_ordinary_user_without_the_right_is_told_which_one_is_missing(string state, string code)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        // Throwaway folders are their owner's alone, so the repository moves to where everybody may look.
        string open = Directory.CreateTempSubdirectory("isolation-open-").FullName;
        try
        {
            await RunAsync("chmod", state == "no right beside the repository" ? "755" : "777", open);
            string path = Path.Combine(open, "repo");
            await RunAsync("cp", "-a", repository.Path, path);
            await RunAsync("chmod", "-R", "a+rX", path);
            if (state != "a repository of another user")
            {
                await RunAsync("chown", "-R", "65534:65534", path);
            }

            if (state == "no right in the repository")
            {
                await RunAsync("chmod", "-R", "a-w", Path.Combine(path, ".git"));
            }

            string temp = Directory.CreateDirectory(Path.Combine(open, "temp")).FullName;
            await RunAsync("chmod", "777", temp);
            await RefusedAsync(
                path,
                temp,
                code,
                new Dictionary<string, string?>
                {
                    ["TMPDIR"] = temp,
                    ["HOME"] = temp,
                    ["GIT_CONFIG_COUNT"] = null,
                },
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups"
            );
        }
        finally
        {
            await RunAsync("rm", "-rf", open);
        }
    }

    [IsolationFact(Tools.Linux, Tools.Root, Tools.Tmpfs, "nsenter", Tier = Tier.Ci)]
    public async Task A_full_disk_is_one_clear_error_and_nothing_is_left_on_it()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string mount = Directory.CreateDirectory(Path.Combine(repository.Root, "small")).FullName;
        // A mount namespace of its own: nothing else on this machine sees that disk, and it goes with the process.
        using Process holder = Process.Start(
            new ProcessStartInfo(
                "unshare",
                [
                    "--mount",
                    "sh",
                    "-c",
                    $"mount -t tmpfs -o size=2m isolation-test '{mount}' && cp -a '{repository.Path}' "
                        + $"'{mount}/repo' && {{ dd if=/dev/zero of='{mount}/full' bs=4k 2> /dev/null; echo "
                        + $"ready; cat; }}",
                ]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            Assert.Equal("ready", await holder.StandardOutput.ReadLineAsync());
            string seen = $"/proc/{holder.Id}/root{mount}/repo";
            string temp = Directory.CreateDirectory(Path.Combine(repository.Root, "temp")).FullName;
            string[] before = await HostSnapshot.TakeAsync(seen, temp, null, git: false);

            HostAnswer answer = await HostProcess.AskOnceAsync(
                new HostRequest($"{mount}/repo"),
                new Dictionary<string, string?> { ["TMPDIR"] = temp },
                "nsenter",
                $"--target={holder.Id}",
                "--mount"
            );

            IsolationFault fault = Assert.Single(answer.Faults);
            Assert.Equal("ISO0201", fault.Code); // With what git said about it.
            Assert.NotEmpty(fault.Remedy);
            HostSnapshot.AssertEqual(before, await HostSnapshot.TakeAsync(seen, temp, null, git: false));
        }
        finally
        {
            holder.Kill();
            await holder.WaitForExitAsync();
        }
    }

    private static async Task RefusedAsync(
        ThrowawayRepository repository,
        string code,
        Dictionary<string, string?> environment
    )
    {
        string temp = Directory.CreateDirectory(Path.Combine(repository.Root, "temp")).FullName;
        await RefusedAsync(
            repository.Path,
            temp,
            code,
            new Dictionary<string, string?>(environment) { ["TMPDIR"] = temp }
        );
    }

    private static async Task RefusedAsync(
        string repository,
        string temp,
        string code,
        Dictionary<string, string?> environment,
        params string[] through
    )
    {
        await using HostProcess host = HostProcess.Start(environment, through);
        string[] before = await HostSnapshot.TakeAsync(repository, temp, host.Id);

        HostAnswer answer = await host.AskAsync(new HostRequest(repository));

        Assert.True(answer.Faults.Count == 1, $"{string.Join('\n', answer.Faults)}{string.Join('\n', answer.Items)}");
        Assert.Equal(code, answer.Faults[0].Code);
        Assert.NotEmpty(answer.Faults[0].Remedy);
        HostSnapshot.AssertEqual(before, await HostSnapshot.TakeAsync(repository, temp, host.Id));
    }

    private static string Which(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Select(f => Path.Combine(f, program))
            .First(File.Exists);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
