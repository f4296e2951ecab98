using Isolation.Sdk.Git;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Git;

public sealed class GitConfigTextTests
{
    [IsolationTheory]
    [InlineData("[core]\n\tbare = false\n[branch \"a.b\"]\n\tremote=origin # why\n")]
    [InlineData("\uFEFF[Core]BARE\n; note\n[x.Y]\n z = \"a # b\" c \\\n  d\n[user]\r\n\tname = A  B \r\n")]
    [InlineData(
        "[alias]\n\tl = !f() { echo \\\"$1\\\"; }; f\n[remote \"o\\\"p\"]\n\turl = a\\\\b\\tc\n[empty]\n\tkey =\n"
    )]
    [InlineData("[core")]
    [InlineData("[a]\n\tb = \"open\n")]
    [InlineData("[a]\n\tb = \\q\n")]
    [InlineData("")]
    public async Task A_config_file_is_read_as_git_reads_it(string text)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string file = Path.Combine(rig.Repository.Root, "config");
        await File.WriteAllTextAsync(file, text);
        GitRepository repository = await GitOpener.OpenAsync(rig.Repository.Path);
        GitResult list = await repository.TryRunAsync(CancellationToken.None, "config", "--file", file, "--list", "-z");

        IReadOnlyList<KeyValuePair<string, string>>? read = GitConfigText.Parse(text);

        Assert.Equal(list.Ok, read is not null);
        Assert.Equal(
            list.Ok ? list.Fields.Select(f => f.Contains('\n', StringComparison.Ordinal) ? f : f + "\ntrue") : [],
            read?.Select(s => $"{s.Key}\n{s.Value}") ?? []
        );
    }
}
