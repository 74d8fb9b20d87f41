using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>Watches a run. Every method is called on the training thread, between steps.</summary>
public interface IRunObserver
{
    /// <summary>Before the first step.</summary>
    void Started(RunParts parts, FreezeController freeze);

    /// <summary>At the logging cadence.</summary>
    void Logged(MetricRow row);

    /// <summary>Something that whoever watches should know, in a sentence.</summary>
    void Warned(string message)
    {
    }

    /// <summary>What the run has decided about itself, in a line: what a forward cache keeps, say.</summary>
    void Said(string line)
    {
    }

    /// <summary>After each step; cheap.</summary>
    void Stepped(int step, int epoch);
}
