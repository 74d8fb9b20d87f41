using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ResearchFreeze.Cli;

/// <summary>Options that are given on the command line: what would say nothing beside another is an error.</summary>
internal static class GivenOptions
{
    /// <summary>Whether an option is on the command line; its default is not.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>What is on the command line, or else something.</summary>
    public static T Given<T>(this ParseResult parsed, Option<T> option, T otherwise) => parsed.IsGiven(option) ? parsed.GetValue(option)! : otherwise;

    /// <summary>A number as everywhere else: with a point, without thousands, whatever the machine's language.</summary>
    public static double Real(this ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        // As a float, which rates are: one that it cannot hold is infinite, and is refused as such.
        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)) return value;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} must be a number, found '{text}'.");
        return 0;
    }

    /// <summary>An option takes one of a few words; the error names it, them and what was given.</summary>
    public static void OneOf(this Option<string> option, params string[] words)
    {
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            string? found = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
            if (found is not null && !words.Contains(found)) result.AddError($"{option.Name} must be {string.Join(", ", words[..^1])} or {words[^1]}, found '{found}'.");
        });
    }

    /// <summary>Where an option is given, others have no effect.</summary>
    /// <exception cref="ArgumentException">One of them is given too.</exception>
    public static void Excludes(this ParseResult parsed, Option option, string why, params ReadOnlySpan<Option> others)
    {
        if (!parsed.IsGiven(option)) return;
        foreach (Option other in others)
        {
            if (parsed.IsGiven(other)) throw new ArgumentException($"{other.Name} has no effect with {option.Name}: {why}.");
        }
    }

    /// <summary>An option has no effect without another.</summary>
    /// <exception cref="ArgumentException">It is given, and the other is not.</exception>
    public static void Needs(this ParseResult parsed, Option option, Option other)
    {
        if (!parsed.IsGiven(option) || parsed.IsGiven(other)) return;
        string given = string.Join(' ', parsed.GetResult(option)!.Tokens.Select(token => token.Value).Prepend(option.Name));
        throw new ArgumentException($"{given} needs a {other.Name}: without one it has no effect.");
    }
}
