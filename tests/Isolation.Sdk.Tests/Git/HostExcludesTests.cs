using Isolation.Sdk.Git;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Git;

/// <summary>What the host's user ignores everywhere is found where git finds it.</summary>
public sealed class HostExcludesTests
{
    [IsolationTheory]
    [InlineData(null, ".config/git/ignore")]
    [InlineData("~/mine", "mine")]
    [InlineData("relative", null)]
    public async Task The_hosts_own_ignore_file_is_read(string? named, string? expected)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string home = Directory.CreateDirectory(Path.Combine(repository.Root, "home", ".config", "git")).FullName;
        home = Path.GetFullPath(Path.Combine(home, "..", ".."));
        foreach (string file in new[] { "mine", ".config/git/ignore" })
        {
            File.WriteAllText(Path.Combine(home, file), $"# {file}\n*.secret\n");
        }

        string config = Path.Combine(home, "gitconfig");
        File.WriteAllText(config, named is null ? "" : $"[core]\n\texcludesFile = {named}\n");
        Dictionary<string, string> host = new()
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
            ["HOME"] = home,
            ["GIT_CONFIG_GLOBAL"] = config,
        };

        GitRepository opened = await GitOpener.OpenAsync(repository.Path, host, CancellationToken.None);

        Assert.Equal(expected is null ? "" : $"# {expected}\n*.secret", opened.Client.Environment.ReadExcludes());
    }
}
