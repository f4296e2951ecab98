using System.Globalization;

namespace Isolation.Sdk.Testing;

/// <summary>A provider broke its contract or a promise. Every test framework shows it as a failure.</summary>
public sealed class ConformanceException : Exception
{
    private const int MaxShown = 2_000;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was promised, and what happened.</param>
    public ConformanceException(string message)
        : base(message) { }

    internal static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ConformanceException(message);
        }
    }

    internal static void RequireEqual<T>(T expected, T actual, string message) =>
        Require(
            EqualityComparer<T>.Default.Equals(expected, actual),
            $"{message} Expected: {Shown(expected)}. Actual: {Shown(actual)}."
        );

    internal static void RequireSequence<T>(IEnumerable<T> expected, IEnumerable<T> actual, string message)
    {
        T[] wanted = [.. expected],
            seen = [.. actual];
        Require(
            wanted.SequenceEqual(seen),
            $"{message} Expected: {Shown(string.Join(", ", wanted))}. Actual: {Shown(string.Join(", ", seen))}."
        );
    }

    internal static void RequireWithout(string part, string text, string message) =>
        Require(
            !text.Contains(part, StringComparison.Ordinal),
            $"{message} Expected: nothing with '{part}'. Actual: {Shown(text)}."
        );

    private static string Shown<T>(T value) =>
        value switch
        {
            null => "nothing",
            string { Length: > MaxShown } text => $"'{text[..MaxShown]}…'",
            string text => $"'{text}'",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "nothing",
        };
}
