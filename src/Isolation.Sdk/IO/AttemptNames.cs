using System.Globalization;

namespace Isolation.Sdk.IO;

/// <summary>What an attempt is called where a raw id must not go.</summary>
internal static class AttemptNames
{
    public const string AttemptsPrefix = "refs/isolation/attempts/";

    /// <summary>As a file or folder: <c>auth-123.2</c>.</summary>
    public static string FileName(AttemptId attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"{Slug.Of(attempt.Item)}.{attempt.Number}");

    /// <summary>The ref that issues the attempt and later pins what it made: <c>refs/isolation/attempts/auth-123/2</c>.</summary>
    public static string RefName(AttemptId attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"{AttemptsPrefix}{Slug.Of(attempt.Item)}/{attempt.Number}");

    /// <summary>Where what an attempt left on other refs is pinned: <c>refs/isolation/finds/auth-123/2/</c>.</summary>
    public static string ExtraRefsPrefix(AttemptId attempt) =>
        string.Create(CultureInfo.InvariantCulture, $"refs/isolation/finds/{Slug.Of(attempt.Item)}/{attempt.Number}/");
}
