using ResearchFreeze.Data;

namespace ResearchFreeze.Training;

/// <summary>The built-in tasks.</summary>
public static class Tasks
{
    /// <summary>A catalogue with all of them, to add more to.</summary>
    public static Catalogue<ITask> Catalogue()
    {
        var tasks = new Catalogue<ITask>("task");
        tasks.Add("classification", "classification:smoothing=0", "One class a sample; smoothing softens labels while training.", spec => new Classification(spec.Real("smoothing", 0)));
        tasks.Add("regression", "regression:loss=mse|huber,delta=1", "Numbers to predict, normalised; metrics in their own unit.", spec =>
        {
            bool isHuber = spec.Choice("loss", "mse", "huber") == "huber";
            if (!isHuber && spec.Given("delta") is not null) throw new ArgumentException($"'{spec}': delta has no effect without loss=huber.");
            return new Regression(isHuber ? spec.Real("delta", 1) : null);
        });
        tasks.Add("multi-label", "multi-label", "Any of several labels a sample, each a target of 0 or 1.", _ => new MultiLabel());
        return tasks;
    }

    /// <summary>The task that data are of, where none is named: regression where they have targets, or else classification.</summary>
    public static ITask Of(DataSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.Train.TargetCount > 0 ? new Regression() : new Classification();
    }
}
