using System.CommandLine;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary>Options of data-parallel training.</summary>
internal sealed class ParallelOptions
{
    /// <summary>The option that says that this is one of several processes.</summary>
    public const string Name = "--distributed";

    private const string Mpi = "mpi", Sum = "sum", Ordered = "ordered", Local = "local", Synchronised = "sync";
    private const int DefaultShards = 12;

    public ParallelOptions()
    {
        Distributed.CompletionSources.Add(Mpi);
        Distributed.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var found && found != Mpi) result.AddError($"--distributed must be {Mpi}, found '{found}'.");
        });
        Reduce.OneOf(Sum, Ordered);
        Norms.OneOf(Local, Synchronised);
    }

    public Option<string?> Distributed { get; } = new(Name) { HelpName = "HOW", Description = "Trains on the ranks that mpirun or srun has started, each with a part of every batch: mpi (docs/distributed.md)" };

    public Option<string> Reduce { get; } = new("--reduce") { HelpName = "HOW", Description = "How ranks' gradients are added: sum, as they come; ordered, to the same bits on any number of ranks", DefaultValueFactory = _ => Sum };

    public Option<int> Shards { get; } = new("--shards") { HelpName = "S", Description = "With --reduce ordered: into how many parts every batch is cut", DefaultValueFactory = _ => DefaultShards };

    public Option<string> Norms { get; } = new("--norms") { HelpName = "WHICH", Description = "With --distributed: what batch norms normalise by: local, a rank's samples; sync, the whole batch's", DefaultValueFactory = _ => Local };

    /// <summary>Whether it is among words that were not parsed yet, <c>--distributed=mpi</c> included.</summary>
    public static bool IsIn(IEnumerable<string> args) => args.Any(word => word == Name || word.StartsWith($"{Name}=", StringComparison.Ordinal) || word.StartsWith($"{Name}:", StringComparison.Ordinal));

    public Option[] All => [Distributed, Reduce, Shards, Norms];

    /// <summary>The settings with what is on the command line.</summary>
    /// <exception cref="ArgumentException">Parts without an order.</exception>
    public RunSettings Over(ParseResult parsed, RunSettings settings)
    {
        bool isOrdered = parsed.IsGiven(Reduce) ? parsed.GetValue(Reduce) == Ordered : settings.Shards is not null;
        if (parsed.IsGiven(Shards) && !isOrdered) throw new ArgumentException($"--shards {parsed.GetValue(Shards)} needs --reduce {Ordered}: without it batches are cut into a part a rank.");
        parsed.Needs(Norms, Distributed);
        return settings with { SynchronisedNorms = parsed.IsGiven(Norms) ? parsed.GetValue(Norms) == Synchronised : settings.SynchronisedNorms, Shards = !isOrdered ? null : parsed.IsGiven(Shards) ? parsed.GetValue(Shards) : settings.Shards ?? DefaultShards };
    }
}
