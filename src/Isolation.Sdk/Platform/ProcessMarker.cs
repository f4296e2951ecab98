using System.Globalization;
using System.Security.Cryptography;

namespace Isolation.Sdk.Platform;

/// <summary>A variable that every process of a scope is started with, and no other.</summary>
internal static class ProcessMarker
{
    public const string Variable = "ISOLATION_SCOPE";

    /// <summary>A scope's marker: 96 random bits.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(24, lowercase: true);

    /// <summary>The marker of one command in the scope.</summary>
    public static string Of(string scope, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{scope}.{number}.");
}
