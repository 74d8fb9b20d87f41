using System.CommandLine;

namespace ResearchFreeze.Cli;

/// <summary>A verb whose help shows its options in groups, with examples.</summary>
internal sealed class Verb(string name, string description) : Command(name, description)
{
    private readonly List<(string Title, IReadOnlyList<Option> Options)> groups = [];
    private readonly List<(string Line, string What)> examples = [];

    /// <summary>Options under their titles, as they are shown.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<Option> Options)> Groups => groups;

    /// <summary>Command lines without the program's name, and what each does.</summary>
    public IReadOnlyList<(string Line, string What)> Examples => examples;

    /// <summary>Adds options under a title. Returns itself.</summary>
    public Verb With(string title, params Option[] options)
    {
        groups.Add((title, options));
        foreach (Option option in options) Add(option);
        return this;
    }

    /// <summary>Adds an example. Returns itself.</summary>
    public Verb Example(string line, string what)
    {
        examples.Add((line, what));
        return this;
    }
}
