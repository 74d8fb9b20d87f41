using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A measurement of a model over a data set, made batch by batch. One is used for one evaluation at a time, and again for the next.</summary>
public interface IMetric
{
    /// <summary>What files and reports call it: lower-case words joined by hyphens, as <c>macro-f1</c>.</summary>
    string Name { get; }

    /// <summary>Which way is better: a run keeps its best weights by it.</summary>
    Better Better { get; }

    /// <summary>Whether it is of numbers to predict (<see cref="MetricBatch.Targets"/>) and not of classes.</summary>
    bool OfTargets => false;

    /// <summary>Whether it gives a table, made once for test data at the end of a run, and not a number, made for validation data after each epoch as well.</summary>
    bool IsTable => false;

    /// <summary>Begins an evaluation: forgets everything.</summary>
    /// <param name="outputs">Columns of the outputs, at least as many as the data has classes or targets.</param>
    void Begin(int outputs);

    /// <summary>Takes a batch into account.</summary>
    void Accumulate(in MetricBatch batch);

    /// <summary>The value over all batches since the beginning.</summary>
    MetricValue Value();
}
