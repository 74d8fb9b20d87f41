using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The names that settings may use.</summary>
public sealed class RunCatalogues
{
    /// <summary>The criterion that shows the scores of all others.</summary>
    internal const string AllScoresName = "all-scores";

    /// <summary>The built-in names.</summary>
    public RunCatalogues()
    {
        Policies = Training.Policies.Catalogue(Criteria);
        // Of those that are there when it is made: one's own are among them.
        Criteria.Add(AllScoresName, AllScoresName, "Scores of all criteria beside each other, to look at: no opinion of its own.", _ => new AllScores([.. Criteria.Names.Where(name => name is not AllScoresName and not "none").Select(Criteria.Create)]));
    }

    /// <summary>Data sets: functions that load them.</summary>
    public Catalogue<Func<DataSplits>> Data { get; } = HostDatasets.Catalogue();

    /// <summary>Text data sets, which wait for a tokenizer.</summary>
    public Catalogue<TextSource> Texts { get; } = TextDatasets.Catalogue();

    /// <summary>Augmentations of training images.</summary>
    public Catalogue<IAugmentation> Augmentations { get; } = ResearchFreeze.Data.Augmentations.Catalogue();

    /// <summary>Metrics.</summary>
    public Catalogue<IMetric> Metrics { get; } = MetricCatalogue.Catalogue();

    /// <summary>Tasks.</summary>
    public Catalogue<ITask> Tasks { get; } = Training.Tasks.Catalogue();

    /// <summary>Models.</summary>
    public Catalogue<ModelSpec> Models { get; } = Training.Models.Catalogue();

    /// <summary>Criteria.</summary>
    public Catalogue<ICriterion> Criteria { get; } = Training.Policies.Criteria();

    /// <summary>Rules.</summary>
    public Catalogue<IFreezeRule> Rules { get; } = Training.Rules.Catalogue();

    /// <summary>What a rule's decisions can go through.</summary>
    public Catalogue<IDecisionFilter> Filters { get; } = Training.Rules.Filters();

    /// <summary>Policies.</summary>
    public Catalogue<Policy> Policies { get; }

    /// <summary>Optimizers.</summary>
    public Catalogue<Func<ModuleBase, Schedule, Optimizer>> Optimizers { get; } = Training.Optimizers.Catalogue();

    /// <summary>Schedules.</summary>
    public Catalogue<Func<float, int, Schedule>> Schedules { get; } = Training.Optimizers.Schedules();
}
