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
        tasks.Add("next-token", "next-token", "The token behind each token, of data as text:FILE.", _ => new NextToken());
        tasks.Add("token-classification", "token-classification", "One class a token.", _ => new TokenClassification());
        return tasks;
    }

    /// <summary>The task that data are of, where none is named: regression where they have targets, next token where tokens have labels of the vocabulary and token classification where they have others, or else classification.</summary>
    public static ITask Of(DataSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Of(data.Train.TargetCount, data.Train.TokenClassCount, data.Train.VocabularySize);
    }

    internal static ITask Of(int targets, int tokenClasses, int vocabulary) =>
        targets > 0 ? new Regression() : tokenClasses == 0 ? new Classification() : tokenClasses == vocabulary ? new NextToken() : new TokenClassification();
}
