using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Isolation.Sdk.IO;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.IO;

public class SlugTests
{
    public static IEnumerable<string> Hostile { get; } =
    [
        "",
        " ",
        ".",
        "..",
        "../x",
        "../../etc/passwd",
        "-",
        "-rf",
        "--help",
        "a b",
        "a\nb",
        "a\0b",
        "a@{b",
        "@",
        "a.lock",
        "a.lock.lock",
        ".git",
        "a..b",
        "a.",
        "a/",
        "/a",
        "a//b",
        "a\\b",
        "a:b",
        "a~1",
        "a^b",
        "a?b",
        "a*b",
        "a[b",
        new string('x', 5_000),
        new string('.', 300),
        new string('-', 300),
        "e\u0301",
        "\u00e9",
        "\u202etxt",
        "💥",
        "\ud800",
        "\udc00",
        "con",
        "CON",
        "con.txt",
        "nul",
        "com1",
        "lpt9.log",
        "aux.",
        "prn",
        "a",
        "a/x",
        "A",
        "a-x",
        "HEAD",
        "refs/heads/main",
        "%2e%2e",
        "$(touch x)",
        "`x`",
        "{item}",
        "İ",
        "ſ",
        "K",
    ];

    [IsolationFact]
    public void Every_slug_is_one_valid_path_segment_of_a_ref_and_of_a_folder() =>
        Check.QuickThrowOnFailure(Prop.ForAll<string?>(id => IsSegment(Slug.Of(id ?? ""))));

    [IsolationFact]
    public void Different_ids_have_different_slugs_and_none_differ_in_case_alone() =>
        Check.QuickThrowOnFailure(
            Prop.ForAll<string?, string?>(
                (a, b) =>
                    (a ?? "") == (b ?? "")
                    || !Slug.Of(a ?? "").Equals(Slug.Of(b ?? ""), StringComparison.OrdinalIgnoreCase)
            )
        );

    [IsolationFact]
    public void A_slug_is_its_own_slug() =>
        Check.QuickThrowOnFailure(Prop.ForAll<string?>(id => Slug.Of(Slug.Of(id ?? "")) == Slug.Of(id ?? "")));

    [IsolationFact]
    public void Plain_ids_stay_as_they_are()
    {
        foreach (string id in new[] { "a", "auth-123", "fix_it", "v1.2.3", "0", new string('x', Slug.MaxLength) })
        {
            Assert.Equal(id, Slug.Of(id));
        }
    }

    [IsolationFact]
    public void Hostile_ids_are_tamed_and_told_apart()
    {
        Assert.All(Hostile, id => Assert.True(IsSegment(Slug.Of(id)), id));
        Assert.All(Hostile, id => Assert.Equal(Slug.Of(id), Slug.Of(Slug.Of(id))));
        Assert.Equal(Hostile.Count(), Hostile.Select(id => Slug.Of(id).ToUpperInvariant()).Distinct().Count());
    }

    [IsolationFact]
    public async Task Git_takes_every_name_made_of_a_hostile_id()
    {
        foreach (string id in Hostile)
        {
            using Process git = Process.Start("git", ["check-ref-format", AttemptNames.RefName(new AttemptId(id, 1))]);
            await git.WaitForExitAsync();
            Assert.Equal(0, git.ExitCode);
        }
    }

    private static bool IsSegment(string slug) =>
        slug.Length is > 0 and <= Slug.MaxLength
        && slug.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.')
        && slug[0] is not ('-' or '.')
        && slug[^1] is not ('.' or '-')
        && !slug.Contains("..", StringComparison.Ordinal)
        && !slug.EndsWith(".lock", StringComparison.Ordinal)
        && slug.Split('.')[0] is not ("con" or "prn" or "aux" or "nul" or "com1" or "com9" or "lpt1" or "lpt9");
}
