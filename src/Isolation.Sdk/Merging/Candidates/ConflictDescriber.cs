using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>Turns what git says of a conflict into values.</summary>
internal static class ConflictDescriber
{
    /// <summary>Every path that is part of it: conflicts and files are many-to-many.</summary>
    public static IReadOnlyList<string> Paths(MergeTreeOutput output) =>
        [
            .. output
                .Files.Select(f => f.Path)
                .Concat(output.Messages.Where(m => m.IsConflict).SelectMany(m => m.Paths))
                .Distinct(StringComparer.Ordinal),
        ];

    public static MergeConflict Describe(string target, MergeTreeOutput output, IReadOnlyList<string> with)
    {
        IEnumerable<ConflictedFile> files = Paths(output)
            .Select(p => new ConflictedFile(
                p,
                [
                    .. output
                        .Messages.Where(m => m.IsConflict && m.Paths.Contains(p, StringComparer.Ordinal))
                        .Select(m => m.ShortKind)
                        .Distinct(StringComparer.Ordinal),
                ],
                output.Files.Where(f => f.Path == p).ToDictionary(f => f.Stage, f => $"{f.Mode} {f.ObjectId}")
            ));
        return new MergeConflict(target, [.. files], with)
        {
            Messages = [.. output.Messages.Select(m => m.Text.TrimEnd('\n'))],
            PreviewTree = output.Tree,
        };
    }
}
