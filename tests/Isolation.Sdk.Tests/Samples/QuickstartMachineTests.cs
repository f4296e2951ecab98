using System.Diagnostics;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

/// <summary>The sample is the first thing a stranger runs, on a machine that nobody prepared.</summary>
public sealed class QuickstartMachineTests
{
    private const string Nobody = "65534";

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_runs_with_nothing_but_a_path_and_an_empty_home()
    {
        using QuickstartProcess quickstart = new();
        quickstart.ClearEnvironment();
        quickstart.Environment["HOME"] = quickstart.Home;
        await quickstart.SucceedAsync();
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_runs_without_a_home()
    {
        using QuickstartProcess quickstart = new();
        quickstart.Environment.Remove("HOME");
        await quickstart.SucceedAsync();
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_runs_where_git_knows_neither_a_name_nor_a_default_branch()
    {
        using QuickstartProcess quickstart = new();
        quickstart.Environment["HOME"] = quickstart.Home;
        quickstart.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        await File.WriteAllTextAsync(Path.Combine(quickstart.Home, ".gitconfig"), "[user]\n\tuseConfigOnly = true\n");
        await quickstart.SucceedAsync();
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_runs_where_the_callers_git_signs_hooks_and_points_elsewhere()
    {
        using QuickstartProcess quickstart = new();
        string hooks = Directory.CreateDirectory(Path.Combine(quickstart.Root, "hooks")).FullName;
        foreach (string hook in new[] { "pre-commit", "commit-msg", "post-checkout", "reference-transaction" })
        {
            await File.WriteAllTextAsync(Path.Combine(hooks, hook), "#!/bin/sh\nexit 1\n");
            await ExecAsync("chmod", "755", Path.Combine(hooks, hook));
        }

        await File.WriteAllTextAsync(
            Path.Combine(quickstart.Home, ".gitconfig"),
            $"[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = /bin/false\n[core]\n\thooksPath = {hooks}\n"
                + $"[init]\n\tdefaultBranch = trunk\n"
        );
        quickstart.Environment["HOME"] = quickstart.Home;
        quickstart.Environment["GIT_DIR"] = Path.Combine(quickstart.Root, "elsewhere.git");
        quickstart.Environment["GIT_INDEX_FILE"] = Path.Combine(quickstart.Root, "elsewhere.index");
        await quickstart.SucceedAsync();
        Assert.False(Path.Exists(quickstart.Environment["GIT_DIR"]));
    }

    [IsolationFact(Tools.Linux, "sh", Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_runs_on_a_dumb_terminal_in_the_C_locale_with_its_input_closed()
    {
        using QuickstartProcess quickstart = new();
        quickstart.Environment["TERM"] = "dumb";
        quickstart.Environment["LANG"] = quickstart.Environment["LC_ALL"] = "C";
        quickstart.Command.InsertRange(0, ["sh", "-c", "exec \"$0\" \"$@\" <&-"]);
        await quickstart.SucceedAsync();
    }

    [IsolationFact(Tools.Linux, "script", Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_writes_plain_lines_on_a_terminal_of_no_kind_and_redraws_on_a_real_one()
    {
        using QuickstartProcess quickstart = new();
        quickstart.Command.InsertRange(
            0,
            ["script", "-qec", "exec \"$QUICKSTART_DOTNET\" \"$QUICKSTART\" --demo-fault gate", "/dev/null"]
        );
        (quickstart.Environment["QUICKSTART_DOTNET"], quickstart.Environment["QUICKSTART"]) = (
            quickstart.Command[^2],
            quickstart.Command[^1]
        );
        quickstart.Command.RemoveRange(4, 2);
        quickstart.Environment.Remove("TERM");
        (int plain, string plainText, _) = await quickstart.RunAsync();
        quickstart.Environment["TERM"] = "xterm";
        (int live, string liveText, _) = await quickstart.RunAsync();

        Assert.Equal((1, 1), (plain, live));
        Assert.DoesNotContain('\e', plainText);
        Assert.Contains("\e[4A", liveText, StringComparison.Ordinal);
        Assert.EndsWith(
            "\e[?25h",
            liveText[..(liveText.LastIndexOf("\e[?25", StringComparison.Ordinal) + 6)],
            StringComparison.Ordinal
        );
    }

    [IsolationFact(Tools.Linux, Tools.Root, "setpriv", "chown", Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_runs_as_an_ordinary_user()
    {
        using QuickstartProcess quickstart = new();
        string copy = Path.Combine(quickstart.Root, "built");
        await ExecAsync("cp", "-r", QuickstartProcess.Folder, copy);
        await ExecAsync("chmod", "-R", "a+rX", quickstart.Root);
        await ExecAsync("chown", "-R", $"{Nobody}:{Nobody}", quickstart.Home, quickstart.Temp);
        quickstart.Environment["HOME"] = quickstart.Home;
        quickstart.Command[^1] = Path.Combine(copy, "Quickstart.dll");
        quickstart.Command.InsertRange(0, ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups"]);
        await quickstart.SucceedAsync();
    }

    [IsolationFact(Tools.Linux, Tier = Tier.Ci, Timeout = 240_000)]
    public async Task It_says_in_one_line_what_is_off_where_bubblewrap_and_git_lfs_are_absent()
    {
        using QuickstartProcess quickstart = new();
        string bin = Directory.CreateDirectory(Path.Combine(quickstart.Root, "bin")).FullName;
        foreach (string program in new[] { "git", "dotnet", "sh" })
        {
            string found = quickstart
                .Environment["PATH"]
                .Split(':')
                .Select(f => Path.Combine(f, program))
                .First(File.Exists);
            File.CreateSymbolicLink(
                Path.Combine(bin, program),
                new FileInfo(found).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? found
            );
        }

        quickstart.Environment["PATH"] = bin;
        string output = await quickstart.SucceedAsync();
        string line = Assert.Single(output.Split('\n'), l => l.Contains("off here", StringComparison.Ordinal));
        Assert.Contains("bubblewrap", line, StringComparison.Ordinal);
        Assert.Contains("git-lfs", line, StringComparison.Ordinal);
    }

    [IsolationFact(Tools.Linux, Tools.Root, "chown", Tier = Tier.Ci, Timeout = 600_000)]
    public async Task A_clone_that_somebody_else_owns_builds_and_runs_also_when_no_advisories_can_be_had()
    {
        using QuickstartProcess quickstart = new() { Limit = TimeSpan.FromMinutes(9) };
        string clone = Path.Combine(quickstart.Root, "clone");
        await ThrowawayRepository.GitInAsync(
            quickstart.Root,
            ["-c", "safe.directory=*", "clone", "-q", "--no-local", Project.Root, clone]
        );
        string config = Path.Combine(clone, "nuget.config");
        await File.WriteAllTextAsync(
            config,
            (await File.ReadAllTextAsync(config)).Replace(
                "</configuration>",
                "<auditSources><clear /><add key=\"nowhere\" value=\"http://127.0.0.1:9/v3/index.json\" "
                    + "allowInsecureConnections=\"true\" /></auditSources></configuration>",
                StringComparison.Ordinal
            )
        );
        await ExecAsync("chown", "-R", $"{Nobody}:{Nobody}", clone);
        foreach (
            string name in quickstart
                .Environment.Keys.Where(k =>
                    k.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)
                    || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
                )
                .ToArray()
        )
        {
            quickstart.Environment.Remove(name);
        }

        quickstart.Environment.Remove("CI");
        quickstart.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        quickstart.Command[^1] = "run";
        (int code, string output, string error) = await quickstart.RunAsync(
            "--project",
            Path.Combine(clone, "samples", "Quickstart"),
            "-p:UseSharedCompilation=false"
        );

        Assert.True(code == 0, output + error);
        Assert.Contains("5 of 5 promises kept", output, StringComparison.Ordinal);
        quickstart.AssertNothingLeft();
    }

    private static async Task ExecAsync(string file, params string[] arguments)
    {
        using Process process = Process.Start(file, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
