using System.CommandLine;
using Quickenshtein;

namespace ResearchFreeze.Cli;

/// <summary>What was probably meant by a word that is unknown.</summary>
internal static class Suggestion
{
    private const int MostLetters = 2;

    /// <summary>The nearest name, if it is near: at most two letters off and fewer than half of the word's; otherwise one that begins so.</summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        string[] names = [.. known];
        (string Name, int Distance)[] near = [.. names.Select(name => (name, Levenshtein.GetDistance(word, name))).OrderBy(found => found.Item2)];
        if (near.Length > 0 && near[0].Distance <= MostLetters && near[0].Distance * 2 < word.TrimStart('-').Length) return near[0].Name;
        return word.Length > MostLetters ? names.FirstOrDefault(name => name.StartsWith(word, StringComparison.Ordinal)) : null;
    }

    /// <summary>For what a command line has that nobody knows: its verbs or its options.</summary>
    public static string? For(ParseResult parsed)
    {
        foreach (string word in parsed.UnmatchedTokens)
        {
            Command command = parsed.CommandResult.Command;
            IEnumerable<string> known = word.StartsWith('-')
                ? command.Options.Concat(parsed.RootCommandResult.Command.Options).Where(option => !option.Hidden).Select(option => option.Name)
                : command.Subcommands.Select(verb => verb.Name);
            if (For(word.Split('=')[0], known) is { } found) return found;
        }
        return null;
    }
}
