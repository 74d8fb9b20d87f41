using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What a run learns: how a batch becomes a loss, and how good a model is.</summary>
public interface ITask
{
    /// <summary>What files and reports call it.</summary>
    string Name { get; }

    /// <summary>What is always measured. The first one is the loss and is called so.</summary>
    IReadOnlyList<IMetric> Metrics { get; }

    /// <summary>The one of <see cref="Metrics"/> that says which weights are best, and that decisions about validation data go by.</summary>
    IMetric Primary { get; }

    /// <summary>Finds out whether data are of this task, and makes of them what is trained on: normalised targets, say.</summary>
    /// <exception cref="DataFormatException">They are not.</exception>
    DataSplits Prepare(DataSplits data);

    /// <summary>Whether <see cref="Loss"/> is a mean over the tokens that have a label, and not over samples: batches of a step, and losses of an epoch, then count by these.</summary>
    bool IsOfTokens => false;

    /// <summary>Whether <see cref="Loss"/> is a mean negative log-likelihood, whose unit is the nat: a loss budget is then in nats, and otherwise a part of the validation loss.</summary>
    bool IsLossInNats => false;

    /// <summary>The mean loss over a batch's samples, or over its tokens (<see cref="IsOfTokens"/>).</summary>
    /// <param name="outputs">The model's (n, outputs).</param>
    /// <param name="batch">The batch they are of.</param>
    Tensor Loss(Tensor outputs, Batch batch);

    /// <summary>The loss of a model that knows nothing, and what such a model does; null: it is not known.</summary>
    (double Loss, string What)? Guessing(HostDataSet train);
}
