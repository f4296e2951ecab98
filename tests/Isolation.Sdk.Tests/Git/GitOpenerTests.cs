using Isolation.Sdk.Git;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Git;

public class GitOpenerTests
{
    [IsolationFact]
    public async Task A_repository_is_known_by_its_common_directory_however_it_is_opened()
    {
        await using ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        await made.GitAsync(["worktree", "add", "-q", "--detach", "../linked"]);
        Directory.CreateDirectory(Path.Combine(made.Path, "sub"));
        string git = Path.Combine(made.Path, ".git");
        string linked = Path.Combine(made.Root, "linked");
        Assert.Equal((git, made.Path, git), await OpenAsUserAsync(made.Path));
        Assert.Equal((git, made.Path, git), await OpenAsUserAsync(Path.Combine(made.Path, "sub")));
        Assert.Equal((git, linked, Path.Combine(git, "worktrees", "linked")), await OpenAsUserAsync(linked));
        Assert.Equal((git, null, git), await OpenAsUserAsync(git));
        await made.GitAsync(["clone", "-q", "--bare", ".", "../bare.git"]);
        string bare = Path.Combine(made.Root, "bare.git");
        Assert.Equal((bare, null, bare), await OpenAsUserAsync(bare));
        Assert.True((await GitOpener.OpenAsync(bare)).IsBare);
    }

    [IsolationFact]
    public async Task A_branch_comes_before_a_tag_of_its_name()
    {
        await using ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        await made.GitAsync(["tag", "main"]);
        string newer = await made.CommitAsync("Newer", new Dictionary<string, string> { ["f"] = "newer\n" });
        await made.GitAsync(["tag", "v1", "refs/heads/main~1"]);
        await made.GitAsync(["update-ref", "refs/heads/refs/heads/main", "refs/tags/main"]);
        GitRepository repository = await GitOpener.OpenAsync(made.Path);

        Assert.Equal(newer, await repository.TryResolveCommitAsync("main"));
        Assert.Equal(newer, await repository.TryResolveCommitAsync("HEAD"));
        Assert.Equal(newer, await repository.TryResolveCommitAsync("refs/heads/main"));
        Assert.Equal(
            await made.GitAsync(["rev-parse", "refs/tags/main"]),
            await repository.TryResolveCommitAsync("refs/tags/main")
        );
        Assert.Equal(
            await made.GitAsync(["rev-parse", "refs/heads/main~1"]),
            await repository.TryResolveCommitAsync("v1")
        );
        await using StandaloneWorkspace workspace = await StandaloneWorkspace.CreateWorktreeAsync(made.Path, "main");
        Assert.Equal(newer, workspace.BaseCommit);
    }

    [IsolationTheory]
    [InlineData("plain", "ISO0204")]
    [InlineData("not-there", "ISO0204")]
    [InlineData("file", "ISO0204")]
    public async Task What_is_no_repository_is_refused(string name, string code)
    {
        await using ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        Directory.CreateDirectory(Path.Combine(made.Root, "plain"));
        File.WriteAllText(Path.Combine(made.Root, "file"), "");
        Assert.Equal(
            code,
            (
                await Assert.ThrowsAsync<IsolationException>(() => GitOpener.OpenAsync(Path.Combine(made.Root, name)))
            ).Code
        );
    }

    [IsolationFact]
    public async Task Of_the_users_own_settings_the_identity_is_taken_and_what_runs_a_program_is_not()
    {
        await using ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        string home = Directory.CreateDirectory(Path.Combine(made.Root, "home")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(home, ".gitconfig"),
            "[user]\n\tname = Me\n\temail = me@example.org\n[core]\n\teditor = /bin/false\n"
        );
        Dictionary<string, string> host = new()
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
            ["HOME"] = home,
        };

        GitEnvironment read = (await GitOpener.OpenAsync(made.Path, host, default)).Client.Environment;
        host["GIT_CONFIG_GLOBAL"] = Path.Combine(home, "none");
        GitEnvironment without = (await GitOpener.OpenAsync(made.Path, host, default)).Client.Environment;

        Assert.Equal([new("user.name", "Me"), new("user.email", "me@example.org")], read.Identity);
        Assert.DoesNotContain(read.Config, e => e.Key == "core.editor");
        Assert.Empty(without.Identity);
    }

    [IsolationFact]
    public void Nothing_of_the_hosts_git_variables_reaches_a_command_and_its_home_only_a_remote_one()
    {
        Dictionary<string, string> host = new()
        {
            ["PATH"] = "/bin",
            ["HOME"] = "/home/me",
            ["GIT_DIR"] = "/x",
            ["GIT_INDEX_FILE"] = "/x",
            ["GIT_CONFIG_PARAMETERS"] = "'a.b=c'",
            ["GIT_AUTHOR_NAME"] = "Someone",
            ["GIT_TRACE"] = "1",
            ["SECRET"] = "s",
            ["SSH_AUTH_SOCK"] = "/s",
        };
        GitEnvironment environment = new(host, [new("user.name", "Me")], [new("credential.helper", "store")]);
        IReadOnlyDictionary<string, string> local = environment.For(remote: false);
        foreach (
            string name in new[]
            {
                "HOME",
                "GIT_DIR",
                "GIT_INDEX_FILE",
                "GIT_CONFIG_PARAMETERS",
                "GIT_TRACE",
                "SECRET",
                "SSH_AUTH_SOCK",
            }
        )
        {
            Assert.DoesNotContain(name, local.Keys);
        }

        Assert.Equal("Me", local["GIT_AUTHOR_NAME"]);
        Assert.DoesNotContain("credential.helper", local.Values);
        Assert.Equal("/home/me", environment.For(remote: true)["HOME"]);
        Assert.Contains("credential.helper", environment.For(remote: true).Values);
    }

    [IsolationFact]
    public async Task A_cancelled_command_ends_and_arguments_arrive_as_they_are()
    {
        await using ThrowawayRepository made = await ThrowawayRepository.CreateAsync();
        GitRepository repository = await GitOpener.OpenAsync(made.Path);
        string[] odd = ["a b", "$(x)", "\"", "\u00fc\n", "*"];
        Assert.Equal(
            string.Join('\n', odd) + "\n",
            (await repository.RunAsync(CancellationToken.None, ["rev-parse", "--", .. odd])).Output["--\n".Length..]
        );
        GitResult answer = await repository.TryRunAsync(
            CancellationToken.None,
            ["rev-parse", "--verify", "--quiet", "a b\n$(x)"]
        );
        Assert.False(answer.Ok);
        using CancellationTokenSource cancel = new();
        Task<GitResult> endless = repository.Client.RunAsync(
            GitCommand.In(repository.CommonDirectory, "-c", "alias.wait=!sleep 600", "wait"),
            cancel.Token
        );
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
    }

    private static async Task<(string Common, string? Top, string Git)> OpenAsUserAsync(string path)
    {
        GitRepository opened = await GitOpener.OpenAsync(path);
        return (opened.CommonDirectory, opened.TopLevel, opened.GitDirectory);
    }
}
