using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A metric of a run: what it throws has its name and the step.</summary>
internal sealed class WatchedMetric(IMetric metric, RunParts parts) : IMetric
{
    public string Name => metric.Name;

    public Better Better => metric.Better;

    public bool OfTargets => metric.OfTargets;

    public bool IsTable => metric.IsTable;

    public void Begin(int outputs)
    {
        try
        {
            metric.Begin(outputs);
        }
        catch (Exception exception) when (IsNoted(exception))
        {
            throw;
        }
    }

    public void Accumulate(in MetricBatch batch)
    {
        try
        {
            metric.Accumulate(in batch);
        }
        catch (Exception exception) when (IsNoted(exception))
        {
            throw;
        }
    }

    public MetricValue Value()
    {
        try
        {
            return metric.Value();
        }
        catch (Exception exception) when (IsNoted(exception))
        {
            throw;
        }
    }

    private bool IsNoted(Exception exception) => PartFailure.Note(exception, $"metric '{Name}'", parts.Optimizer.StepCount);
}
