using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A metric of a run: what it throws is reported with its name and the step.</summary>
internal sealed class WatchedMetric(IMetric metric, RunParts parts) : IMetric
{
    public string Name => metric.Name;

    public bool IsTable => metric.IsTable;

    public void Begin(int classes)
    {
        try
        {
            metric.Begin(classes);
        }
        catch (Exception exception) when (IsItsOwn(exception))
        {
            throw Failed(exception);
        }
    }

    public void Accumulate(in MetricBatch batch)
    {
        try
        {
            metric.Accumulate(in batch);
        }
        catch (Exception exception) when (IsItsOwn(exception))
        {
            throw Failed(exception);
        }
    }

    public MetricValue Value()
    {
        try
        {
            return metric.Value();
        }
        catch (Exception exception) when (IsItsOwn(exception))
        {
            throw Failed(exception);
        }
    }

    private bool IsItsOwn(Exception exception) => PartFailedException.IsPartsOwn(exception, parts.Device);

    private PartFailedException Failed(Exception exception) => new($"metric '{Name}'", parts.Optimizer.StepCount, null, exception);
}
