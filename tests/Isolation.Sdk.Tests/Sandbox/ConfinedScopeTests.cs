using Isolation.Sdk.Git;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>What works in an ordinary scope works in a confined and in a sealed one.</summary>
public sealed class ConfinedScopeTests
{
    [IsolationFact(Tools.Landlock, "perl")]
    public Task A_restricted_command_is_spoken_to_logged_and_ended_as_any() => WorksAsync(new RestrictedConfinement());

    [IsolationFact(Tools.Bubblewrap, "perl")]
    public Task A_sealed_command_is_spoken_to_logged_and_ended_as_any() =>
        WorksAsync(new BubblewrapConfinement(TimeProvider.System));

    [IsolationFact(Tools.Landlock)]
    public Task Git_works_in_a_private_clone_when_restricted() => CommitsAsync(new RestrictedConfinement());

    [IsolationFact(Tools.Bubblewrap)]
    public Task Git_works_in_a_private_clone_when_sealed() =>
        CommitsAsync(new BubblewrapConfinement(TimeProvider.System));

    [IsolationFact(Tools.Bubblewrap, "perl")]
    public async Task A_sealed_worker_has_a_loopback_of_its_own()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(
            sandbox.Create(o => o.Ports.Add("web"), confinement: new BubblewrapConfinement(TimeProvider.System))
        );

        ExecResult said = await scope.ExecAsync(
            WorkerCommand.Of(
                "perl",
                "-MIO::Socket::INET",
                "-e",
                """$p = $ENV{ISOLATION_PORT_WEB}; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$p", Listen => 1) or die; $c = IO::Socket::INET->new("127.0.0.1:$p") or die; print "met"; """
            )
        );

        Assert.Equal("met", said.Output);
    }

    [IsolationFact(Tools.Landlock, "perl")]
    public async Task A_restricted_worker_meets_itself_at_its_leased_port_alone()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync(
            sandbox.Create(o => o.Ports.Add("web"), confinement: new RestrictedConfinement())
        );

        ExecResult said = await scope.ExecAsync(
            WorkerCommand.Of(
                "perl",
                "-MIO::Socket::INET",
                "-e",
                """$p = $ENV{ISOLATION_PORT_WEB}; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$p", Listen => 1) or die; $c = IO::Socket::INET->new("127.0.0.1:$p") or die; print "met"; """
            )
        );

        Assert.Equal("met", said.Output);
    }

    [IsolationFact(Tools.Landlock)]
    public async Task What_options_let_workers_read_is_read_and_not_written()
    {
        await using SandboxFixture sandbox = new();
        string given = Directory.CreateDirectory(Path.Combine(sandbox.Root, "given")).FullName;
        File.WriteAllText(Path.Combine(given, "text"), "given");
        foreach (
            IProcessConfinement seal in new IProcessConfinement[] { new RestrictedConfinement() }.Concat(
                Tools.Missing([Tools.Bubblewrap]) is null ? [new BubblewrapConfinement(TimeProvider.System)] : []
            )
        )
        {
            IStateScope scope = await sandbox.OpenAsync(
                sandbox.Create(o => o.ReadablePaths.Add(given), confinement: seal)
            );

            ExecResult said = await scope.ExecAsync(
                WorkerCommand.Of("sh", "-c", "cat $1/text; echo x >> $1/text", "sh", given)
            );

            Assert.Equal("given", said.Output);
            Assert.Equal("given", File.ReadAllText(Path.Combine(given, "text")));
        }
    }

    [IsolationFact(Tools.Landlock)]
    public async Task Workers_are_not_kept_where_all_of_them_may_read()
    {
        await using SandboxFixture sandbox = new();

        IsolationException refused = await Assert.ThrowsAsync<IsolationException>(() =>
            sandbox.OpenAsync(
                sandbox.Create(o => o.ReadablePaths.Add(sandbox.Root), confinement: new RestrictedConfinement())
            )
        );

        Assert.Equal(SandboxCodes.WorkersExposed, refused.Code);
        Assert.False(Directory.Exists(sandbox.Workers.For(new AttemptId("item", 1)) + "/home"));
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_sealed_sandbox_that_is_to_have_the_network_is_refused()
    {
        await using SandboxFixture sandbox = new();

        ProbeResult report = await sandbox
            .Create(o => o.AllowNetwork = true, confinement: new BubblewrapConfinement(TimeProvider.System))
            .ProbeAsync(new RepositoryRef(sandbox.Root));

        Assert.Equal(SandboxCodes.NoNetwork, Assert.Single(report.Problems).Code);
        Assert.False(report.Sealed.HasFlag(IsolationGuarantees.Confinement));
    }

    private static async Task WorksAsync(IProcessConfinement seal)
    {
        await using SandboxFixture sandbox = new();
        File.WriteAllText(Path.Combine(sandbox.HostHome, "login"), "token");
        string log = Path.Combine(sandbox.Root, "command.log");
        IStateScope scope = await sandbox.OpenAsync(
            sandbox.Create(
                o =>
                {
                    o.CopyFromHome.Add("~/login");
                    o.Teardown.Add("sh", "-c", "echo torn > {workspace}/torn");
                },
                confinement: seal
            )
        );

        await using IWorkerProcess cat = await scope.StartAsync(
            WorkerCommand.Of("sh", "-c", "cat; exit 5") with
            {
                OpenInput = true,
            }
        );
        await cat.Input.WriteAsync("spoken"u8.ToArray());
        cat.Input.Close();
        Assert.Equal("spoken", await new StreamReader(cat.Output).ReadToEndAsync());
        Assert.Equal(5, (await cat.Exit).ExitCode);

        ExecResult all = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", "cat ~/login; kill -9 $$"));
        Assert.Equal(("token", 137), (all.Output, all.ExitCode));

        await using (
            IWorkerProcess logged = await scope.StartAsync(
                WorkerCommand.Of("sh", "-c", "echo one; echo two >&2") with
                {
                    LogFile = log,
                }
            )
        )
        {
            // Not before: on a busy machine it would be asked to end before it has said anything.
            await logged.Exit;
        }

        Assert.Equal("one\ntwo\n", await File.ReadAllTextAsync(log));

        await using IWorkerProcess polite = await scope.StartAsync(
            WorkerCommand.Of(
                "perl",
                "-e",
                "$| = 1; $SIG{TERM} = sub { print \"bye\\n\"; exit 3 }; print \"ready\\n\"; sleep 1000 while 1"
            )
        );
        StreamReader output = new(polite.Output);
        Assert.Equal("ready", await output.ReadLineAsync());
        ExecResult exit = await polite.StopAsync(TimeSpan.FromMinutes(5));
        Assert.Equal((3, false), (exit.ExitCode, exit.Forced));
        Assert.Equal("bye", await output.ReadLineAsync());

        await using IWorkerProcess stubborn = await scope.StartAsync(
            WorkerCommand.Of("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done")
        );
        Assert.Equal("ready", await new StreamReader(stubborn.Output).ReadLineAsync());
        Assert.True((await stubborn.StopAsync(TimeSpan.FromMilliseconds(50))).Forced);

        await scope.ReleaseAsync(ReleaseMode.Remove);
        Assert.True(File.Exists(Path.Combine(sandbox.Workers.WorkspaceOf(new AttemptId("item", 1)), "torn")));
    }

    private static async Task CommitsAsync(IProcessConfinement seal)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        await using SandboxFixture sandbox = new();
        GitRepository opened = await GitOpener.OpenAsync(repository.Path);
        string work = sandbox.Workers.WorkspaceOf(new AttemptId("item", 1));
        await repository.GitAsync(["clone", "-q", "--shared", repository.Path, work]);
        IStateScope scope = await sandbox.OpenAsync(sandbox.Create(confinement: seal, git: WorkerGitConfig.Of(opened)));

        ExecResult said = await scope.ExecAsync(
            WorkerCommand.Of(
                "sh",
                "-ec",
                "echo new > file; git add .; git commit -qm one; echo two > file; git stash -q; git stash "
                    + "pop -q; git commit -qam two; git rebase -q HEAD~1; git log --format=%s; git fsck; git "
                    + "branch -q other; git branch -qD other; git gc -q"
            )
        );

        Assert.True(said.ExitCode == 0, said.Error);
        Assert.StartsWith("two\none\n", said.Output, StringComparison.Ordinal);
        ExecResult away = await scope.ExecAsync(
            WorkerCommand.Of(
                "sh",
                "-c",
                "echo x > \"$1/.git/objects/planted\"; git -C \"$1\" log -1",
                "sh",
                repository.Path
            )
        );
        Assert.NotEqual(0, away.ExitCode);
        Assert.False(File.Exists(Path.Combine(repository.Path, ".git", "objects", "planted")));
    }
}
