using System.Globalization;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Notices a run that learns nothing: losses that stay at what a model gives that knows nothing.</summary>
/// <param name="guessing">That loss, and what such a model does; null: it is not known.</param>
/// <param name="steps">Steps of the run: it is judged after a tenth of them.</param>
internal sealed class ChanceWatch((double Loss, string What)? guessing, int steps)
{
    private const int LeastSteps = 20;         // a run of fewer has hardly begun after a tenth
    private const int Losses = 10;             // of single batches, which scatter
    private const double Left = 0.95;          // of guessing's loss
    private readonly Queue<double> last = new(Losses);
    private bool isJudged;

    /// <summary>Whether the last losses are no better than guessing; false where too few are known.</summary>
    public bool IsAtChance => guessing is { } nothing && last.Count == Losses && last.Average() > Left * nothing.Loss;

    /// <summary>Takes a batch's loss.</summary>
    /// <returns>Once, after a tenth of the steps: what to say, where nothing has been learned; otherwise null.</returns>
    public string? Take(int step, double loss)
    {
        if (last.Count == Losses) last.Dequeue();
        last.Enqueue(loss);
        if (isJudged || last.Count < Losses || step < Math.Max(LeastSteps, steps / 10)) return null;
        isJudged = true;
        return IsAtChance ? $"after {step} of {steps} steps {Text()}" : null;
    }

    /// <summary>What to say where nothing was learned.</summary>
    public string Text() => string.Create(CultureInfo.InvariantCulture,
        $"the loss is {last.Average():F2}, no better than {guessing!.Value.What} ({guessing.Value.Loss:F2}): try a lower rate, a warm-up (--schedule cosine:warmup=0.1) or clipping (--optimizer sgd:clip=1)");

    public void Save(StateTree state)
    {
        state.Set("last", [.. last]);
        state.Set("isJudged", isJudged);
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    public Action Read(StateTree state)
    {
        double[] losses = state.Reals("last");
        if (losses.Length > Losses) throw state.Bad("last", $"has {losses.Length} losses, expected at most {Losses}");
        bool judged = state.Flag("isJudged");
        return () =>
        {
            last.Clear();
            foreach (double loss in losses) last.Enqueue(loss);
            isJudged = judged;
        };
    }
}
