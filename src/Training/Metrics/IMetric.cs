namespace ResearchFreeze.Training;

/// <summary>A measurement of a classifier over a data set, made batch by batch. One is used for one evaluation at a time, and again for the next.</summary>
public interface IMetric
{
    /// <summary>What files and reports call it: lower-case words joined by hyphens, as <c>macro-f1</c>.</summary>
    string Name { get; }

    /// <summary>Whether it gives a table, made once for test data at the end of a run, and not a number, made for validation data after each epoch as well.</summary>
    bool IsTable => false;

    /// <summary>Begins an evaluation: forgets everything.</summary>
    /// <param name="classes">Columns of the logits, at least as many as the data has classes.</param>
    void Begin(int classes);

    /// <summary>Takes a batch into account.</summary>
    void Accumulate(in MetricBatch batch);

    /// <summary>The value over all batches since the beginning.</summary>
    MetricValue Value();
}
