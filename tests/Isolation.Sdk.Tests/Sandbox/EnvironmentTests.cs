using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>What a worker finds in its environment, its home and its git (P01, P11, P19, G35, G37 to G39, G41, W08 to
/// W14).</summary>
public sealed class EnvironmentTests
{
    [IsolationFact]
    public async Task A_worker_sees_exactly_what_the_scope_says_it_sees()
    {
        await using SandboxFixture sandbox = new();
        foreach (
            string name in new[]
            {
                "GIT_DIR",
                "GIT_WORK_TREE",
                "GIT_INDEX_FILE",
                "GIT_AUTHOR_NAME",
                "GIT_TRACE",
                "GIT_CONFIG_PARAMETERS",
                "SSH_AUTH_SOCK",
                "SECRET_OF_HOST",
                "XDG_CONFIG_HOME",
                "npm_config_prefix",
            }
        )
        {
            sandbox.Host[name] = "/host";
        }

        IStateScope scope = await sandbox.OpenAsync();
        ExecResult env = await scope.ExecAsync(WorkerCommand.Of("env"));

        string[] seen =
        [
            .. env
                .Output.TrimEnd('\n')
                .Split('\n')
                .Where(l => !l.StartsWith("ISOLATION_SCOPE=", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(scope.Info.Environment.Select(e => $"{e.Name}={e.Value}").Order(StringComparer.Ordinal), seen);
        Assert.DoesNotContain("/host\n", env.Output);
    }

    [IsolationFact]
    public async Task Every_variable_says_where_it_came_from_and_who_wins()
    {
        await using SandboxFixture sandbox = new();
        sandbox.Host["FROM_HOST"] = "h";
        sandbox.Host["TOKEN"] = "s3cr3t";

        IStateScope scope = await sandbox.OpenAsync(o =>
        {
            o.Inherit.Add("FROM_HOST");
            o.Inherit.Add("NOT_THERE");
            o.Environment["TERM"] = "xterm";
            o.Environment["FROM_HOST"] = "mine";
            o.Environment["KEY"] = "from-a-vault";
            o.Environment["DB"] = "db_{worker}";
            o.Secrets.Add("TOKEN");
            o.Secrets.Add("KEY");
            o.EnvFile = ".env.local";
        });

        Assert.Equal("mine/option", Entry(scope, "FROM_HOST"));
        Assert.Equal("xterm/option", Entry(scope, "TERM"));
        Assert.Equal("s3cr3t/secret", Entry(scope, "TOKEN"));
        Assert.Equal("from-a-vault/secret", Entry(scope, "KEY"));
        Assert.Equal("db_item.1/option", Entry(scope, "DB"));
        Assert.Equal(
            ["DB=db_item.1", "FROM_HOST=mine", "TERM=xterm"],
            (
                await File.ReadAllLinesAsync(
                    Path.Combine(sandbox.Workers.WorkspaceOf(sandbox.Lease!.Attempt), ".env.local")
                )
            ).Skip(1)
        );
        Assert.EndsWith("/isolation", Entry(scope, "HOME"));
        Assert.EndsWith("/inherited", Entry(scope, "PATH"));
        Assert.DoesNotContain(scope.Info.Environment, e => e.Name == "NOT_THERE");
        Assert.Equal(["KEY=***", "TOKEN=***"], scope.Info.Environment.Where(e => e.Secret).Select(e => e.ToString()));
    }

    [IsolationFact]
    public async Task Values_take_the_workers_name_folders_and_ports()
    {
        await using SandboxFixture sandbox = new();

        IStateScope scope = await sandbox.OpenAsync(o =>
        {
            o.Ports.Add("web");
            o.Environment["X"] = "{worker}|{tmp}|{home}|{workspace}|{port:web}|{\"json\":1}";
        });

        Assert.Equal(
            $"item.1|{scope.Info.Temp}|{scope.Info.Home}|{sandbox.Workers.WorkspaceOf(new AttemptId("item", 1))}|"
                + $"{scope.Info.Ports["web"]}|{{\"json\":1}}",
            scope.Info.Environment.Single(e => e.Name == "X").Value
        );
        Assert.Equal($"{scope.Info.Ports["web"]}/isolation", Entry(scope, "ISOLATION_PORT_WEB"));
    }

    [IsolationTheory]
    [InlineData("template", "ISO0405")]
    [InlineData("port", "ISO0405")]
    [InlineData("missing", "ISO0403")]
    [InlineData("short", "ISO0404")]
    [InlineData("name", "ISO0406")]
    [InlineData("env-file", "ISO0406")]
    [InlineData("port-name", "ISO0406")]
    [InlineData("shared", "ISO0407")]
    [InlineData("outside", "ISO0407")]
    public async Task Options_that_cannot_be_met_are_refused_before_anything_exists(string what, string code)
    {
        await using SandboxFixture sandbox = new();
        sandbox.Host["SHORT"] = "abc";
        ProcessSandbox state = sandbox.Create(o =>
            (
                (Action)(
                    what switch
                    {
                        "template" => () => o.Environment["A"] = "{nothing}",
                        "port" => () => o.Environment["A"] = "{port:web}",
                        "missing" => () => o.Secrets.Add("NOT_THERE"),
                        "short" => () => o.Secrets.Add("SHORT"),
                        "name" => () => o.Environment["A=B"] = "x",
                        "env-file" => () => o.EnvFile = "../.env",
                        "port-name" => () => o.Ports.Add("a b"),
                        "shared" => () => o.CopyFromHome.Add("~/.not-there"),
                        _ => () => o.CopyFromHome.Add("/etc/passwd"),
                    }
                )
            )()
        );

        ProbeResult report = await state.ProbeAsync(new RepositoryRef(sandbox.Root));
        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() => sandbox.OpenAsync(state));

        Assert.Equal(code, refused.Code);
        Assert.Equal([code], report.Problems.Select(m => m.Code));
        Assert.Empty(sandbox.Lease!.Record.Notes);
    }

    [IsolationFact]
    public async Task Temp_home_and_caches_of_two_workers_are_two()
    {
        await using SandboxFixture sandbox = new();
        IStateScope one = await sandbox.OpenAsync();
        IStateScope two = await sandbox.OpenAsync();
        string[] own =
        [
            "HOME",
            "TMPDIR",
            "TEMP",
            "TMP",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
            "XDG_CACHE_HOME",
            "XDG_RUNTIME_DIR",
            "DOTNET_CLI_HOME",
            "NUGET_PACKAGES",
            "npm_config_cache",
            "GIT_CONFIG_GLOBAL",
        ];

        await one.ExecAsync(
            WorkerCommand.Of(sandbox.Script("mktemp; echo x > $HOME/.npmrc; echo x > $TMPDIR/fixed-name"))
        );
        ExecResult other = await two.ExecAsync(
            WorkerCommand.Of(sandbox.Script("cat $HOME/.npmrc $TMPDIR/fixed-name; true"))
        );

        Assert.All(own, name => Assert.NotEqual(Entry(one, name), Entry(two, name)));
        Assert.Equal("", other.Output);
    }

    [IsolationFact]
    public async Task Build_servers_diagnostics_and_first_run_noise_are_off()
    {
        await using SandboxFixture sandbox = new();

        IStateScope scope = await sandbox.OpenAsync();

        Dictionary<string, string> expected = new()
        {
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["DOTNET_EnableDiagnostics"] = "0",
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["TERM"] = "dumb",
        };
        Assert.All(expected, e => Assert.Equal($"{e.Value}/isolation", Entry(scope, e.Key)));
    }

    [IsolationFact]
    public async Task A_build_server_that_a_project_turns_on_again_is_the_workers_own()
    {
        await using SandboxFixture sandbox = new();

        IStateScope one = await sandbox.OpenAsync();
        IStateScope two = await sandbox.OpenAsync();

        Assert.All(["MSBUILDNODEHANDSHAKESALT", "SharedCompilationId"], name =>
            Assert.NotEqual(Entry(one, name), Entry(two, name))
        );
    }

    [IsolationFact("dotnet", Tier = Tier.Ci, Timeout = 240_000)]
    public async Task A_package_that_one_worker_tampers_with_is_another_workers_as_it_was()
    {
        await using SandboxFixture sandbox = new();
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string version = Path.GetFileName(Directory.EnumerateDirectories(Path.Combine(packages, "xunit.core")).Last());
        sandbox.Host["NUGET_PACKAGES"] = packages;
        sandbox.Host["HOME"] = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string project =
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework>"
            + "<NuGetAudit>false</NuGetAudit></PropertyGroup><ItemGroup>"
            + $"<PackageReference Include=\"xunit.core\" Version=\"{version}\"/></ItemGroup></Project>";
        string script = sandbox.Script(
            "dotnet restore p.csproj > restore.txt 2>&1 || cat restore.txt; dotnet msbuild p.csproj "
                + "-getProperty:Tampered,NuGetPackageRoot"
        );
        IProcessConfinement?[] seals =
        [
            null,
            .. Tools.Missing([Tools.Landlock]) is null
                ? [new RestrictedConfinement()]
                : Array.Empty<IProcessConfinement>(),
            .. Tools.Missing([Tools.Bubblewrap]) is null
                ? [new BubblewrapConfinement(TimeProvider.System)]
                : Array.Empty<IProcessConfinement>(),
        ];
        foreach (IProcessConfinement? seal in seals)
        {
            ProcessSandbox state = sandbox.Create(
                o =>
                {
                    o.Environment["SHARED"] = packages;
                    o.Environment["PACKAGE"] = $"xunit.core/{version}";
                    o.ReadablePaths.Add(script);
                },
                confinement: seal
            );
            IStateScope offender = await sandbox.OpenAsync(state);
            IStateScope other = await sandbox.OpenAsync(state);
            string tamper =
                "mkdir -p $NUGET_PACKAGES/xunit.core && cp -r $SHARED/$PACKAGE $NUGET_PACKAGES/$PACKAGE && "
                + "for f in $(find $NUGET_PACKAGES -name 'xunit.core.props'); do echo "
                + "'<Project><PropertyGroup><Tampered>yes</Tampered></PropertyGroup></Project>' > $f; done";
            string reach = seal is null
                ? ""
                : "; (echo x > $SHARED/$PACKAGE/planted) 2>/dev/null && echo REACHED || true";
            foreach (IStateScope scope in new[] { offender, other })
            {
                await scope.ExecAsync(WorkerCommand.Of("sh", "-c", $"printf '%s' '{project}' > p.csproj"));
            }

            ExecResult tampered = await offender.ExecAsync(WorkerCommand.Of("sh", "-ec", tamper + reach));
            ExecResult its = await offender.ExecAsync(WorkerCommand.Of(script));
            ExecResult others = await other.ExecAsync(WorkerCommand.Of(script));

            Assert.Equal("", tampered.Output + tampered.Error);
            Assert.Contains("\"Tampered\": \"yes\"", its.Output);
            Assert.Contains("\"Tampered\": \"\"", others.Output);
            Assert.Contains(
                Entry(other, "NUGET_PACKAGES").Replace("/isolation", "", StringComparison.Ordinal),
                others.Output
            );
        }
    }

    [IsolationFact("dotnet", Tier = Tier.Ci)]
    public async Task Packages_come_from_the_hosts_folder_and_nothing_is_downloaded_or_copied()
    {
        await using SandboxFixture sandbox = new();
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string package = Directory.EnumerateDirectories(Path.Combine(packages, "polly.core")).Last();
        sandbox.Host["NUGET_PACKAGES"] = packages;
        // The host's only source is empty: whatever is not in the folder could not be had.
        string config = Path.Combine(
            Directory.CreateDirectory(Path.Combine(sandbox.HostHome, ".nuget", "NuGet")).FullName,
            "NuGet.Config"
        );
        await File.WriteAllTextAsync(
            config,
            $"<configuration><packageSources><clear/><add key=\"empty\" "
                + $"value=\"{sandbox.HostHome}\"/></packageSources><packageSourceCredentials><empty><add "
                + $"key=\"ClearTextPassword\" "
                + $"value=\"s3cr3t\"/></empty></packageSourceCredentials></configuration>"
        );
        IStateScope scope = await sandbox.OpenAsync();
        string project = Path.Combine(sandbox.Workers.WorkspaceOf(new AttemptId("item", 1)), "p.csproj");
        await File.WriteAllTextAsync(
            project,
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework>"
                + "</PropertyGroup><ItemGroup>"
                + $"<PackageReference Include=\"Polly.Core\" Version=\"{Path.GetFileName(package)}\"/>"
                + "</ItemGroup></Project>"
        );

        ExecResult restored = await scope.ExecAsync(WorkerCommand.Of("dotnet", "restore"));

        Assert.True(restored.ExitCode == 0, restored.Output + restored.Error);
        Assert.False(
            Directory.Exists(
                Path.Combine(scope.Info.Environment.Single(e => e.Name == "NUGET_PACKAGES").Value, "polly.core")
            )
        );
        Assert.DoesNotContain(
            "s3cr3t",
            await File.ReadAllTextAsync(Path.Combine(scope.Info.Home, ".nuget", "NuGet", "NuGet.Config"))
        );
    }

    [IsolationFact]
    public async Task Git_config_hooks_credentials_and_outer_repositories_stay_outside()
    {
        await using SandboxFixture sandbox = new();
        await File.WriteAllTextAsync(
            Path.Combine(sandbox.HostHome, ".gitconfig"),
            "[user]\n\tname = Host\n[credential]\n\thelper = store\n"
        );
        await ThrowawayRepository.GitInAsync(
            sandbox.Root,
            ["init", "-q", sandbox.Workers.For(new AttemptId("item", 1))]
        );
        IStateScope scope = await sandbox.OpenAsync();

        await scope.ExecAsync(WorkerCommand.Of("git", "config", "--global", "x.y", "mine"));
        ExecResult config = await scope.ExecAsync(WorkerCommand.Of("git", "config", "--list"));
        ExecResult outer = await scope.ExecAsync(WorkerCommand.Of("git", "status"));
        IStateScope sibling = await sandbox.OpenAsync();
        ExecResult theirs = await sibling.ExecAsync(WorkerCommand.Of("git", "config", "x.y"));

        Assert.Contains("user.name=Isolation.Sdk\n", config.Output);
        Assert.Contains("credential.helper=\n", config.Output);
        Assert.Contains("core.hookspath=/dev/null\n", config.Output);
        Assert.Contains("gc.auto=0\n", config.Output);
        Assert.Contains("rerere.enabled=false\n", config.Output);
        Assert.Contains("core.fsmonitor=false\n", config.Output);
        Assert.DoesNotContain("Host", config.Output);
        Assert.Equal(128, outer.ExitCode);
        Assert.Equal(1, theirs.ExitCode);
    }

    [IsolationFact]
    public async Task A_workers_git_ignores_what_the_hosts_user_ignores_everywhere()
    {
        await using SandboxFixture sandbox = new();
        WorkerGitConfig git = WorkerGitConfig.None with { Ignored = "*.everywhere" };
        IStateScope scope = await sandbox.OpenAsync(sandbox.Create(o => o.EnvFile = ".env.local", git: git));

        ExecResult status = await scope.ExecAsync(
            WorkerCommand.Of("sh", "-c", "git init -q; touch a.everywhere a.txt .env.local; git status --porcelain")
        );

        Assert.Equal("?? a.txt\n", status.Output);
    }

    [IsolationFact]
    public async Task A_worker_commits_as_the_hosts_user_in_its_own_repository()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        await repository.GitAsync(["config", "user.name", "Local"]);
        await using IStateScope scope = await IsolatedState.OpenAsync(repository.Path, configure: o =>
            (o.EnvFile, o.Environment["A"]) = (".env.local", "1")
        );

        ExecResult commit = await scope.ExecAsync(
            WorkerCommand.Of("git", "commit", "-q", "--allow-empty", "-m", "By a worker")
        );
        ExecResult author = await scope.ExecAsync(WorkerCommand.Of("git", "log", "-1", "--format=%an"));
        ExecResult status = await scope.ExecAsync(WorkerCommand.Of("git", "status", "--porcelain"));

        Assert.True(commit.ExitCode == 0, commit.Error);
        Assert.Equal("Local\n", author.Output);
        // The env file is there, and git in the scope does not see it.
        Assert.Equal("", status.Output);
        Assert.Equal("A=1", (await File.ReadAllLinesAsync(Path.Combine(repository.Path, ".env.local")))[^1]);
    }

    [IsolationFact]
    public async Task Shared_files_are_a_copy_that_cannot_be_written_through()
    {
        await using SandboxFixture sandbox = new();
        string login = Path.Combine(sandbox.HostHome, ".claude");
        Directory.CreateDirectory(Path.Combine(login, "deep"));
        await File.WriteAllTextAsync(Path.Combine(login, "deep", "token"), "t");
        File.CreateSymbolicLink(Path.Combine(login, "to-file"), Path.Combine(login, "deep", "token"));
        File.CreateSymbolicLink(Path.Combine(login, "to-folder"), "/etc");
        IStateScope scope = await sandbox.OpenAsync(o => o.CopyFromHome.Add("~/.claude"));

        ExecResult told = await scope.ExecAsync(
            WorkerCommand.Of(
                sandbox.Script(
                    "cd $HOME/.claude; cat deep/token to-file; ls; stat -c %a deep/token; rm -rf deep; echo new > state"
                )
            )
        );

        Assert.Equal("ttdeep\nto-file\n400\n", told.Output);
        Assert.Equal("t", await File.ReadAllTextAsync(Path.Combine(login, "deep", "token")));
        Assert.False(File.Exists(Path.Combine(login, "state")));
    }

    [IsolationFact]
    public async Task An_env_file_never_overwrites_a_file_of_the_workspace()
    {
        await using SandboxFixture sandbox = new();
        string there = Path.Combine(
            Directory.CreateDirectory(sandbox.Workers.WorkspaceOf(new AttemptId("item", 1))).FullName,
            ".env"
        );
        await File.WriteAllTextAsync(there, "MINE=1\n");

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() =>
            sandbox.OpenAsync(o => (o.EnvFile, o.Environment["A"]) = (".env", "1"))
        );

        Assert.Equal(SandboxCodes.EnvFileExists, refused.Code);
        Assert.Equal("MINE=1\n", await File.ReadAllTextAsync(there));
        Assert.Equal(
            ["work"],
            Directory.GetFileSystemEntries(sandbox.Workers.For(new AttemptId("item", 1))).Select(Path.GetFileName)
        );
    }

    private static string Entry(IStateScope scope, string name)
    {
        EnvironmentEntry entry = scope.Info.Environment.Single(e => e.Name == name);
        return $"{entry.Value}/{entry.Origin}";
    }
}
