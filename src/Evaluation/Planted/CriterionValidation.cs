using System.Runtime.ExceptionServices;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Evaluation;

/// <summary>What is validated.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Policy">Makes the policy, anew for each run: runs are made side by side.</param>
public sealed record Contender(string Name, Func<Policy> Policy);

/// <summary>Runs policies on tasks whose right answer is known. Seeds are 1, 2, …; a result depends on the seed alone, not on the number of threads.</summary>
public static class CriterionValidation
{
    /// <summary>Runs each policy on each planted task with each seed, and takes the runs of a policy together.</summary>
    /// <param name="contenders">The policies.</param>
    /// <param name="tasks">The tasks of one family.</param>
    /// <param name="seeds">How many seeds; at least 1.</param>
    /// <param name="threads">Runs at the same time; 0: one for each processor.</param>
    /// <param name="device">Trains the runs one after the other; null: each is trained by one thread of the CPU.</param>
    /// <returns>One summary a policy, in their order.</returns>
    public static IReadOnlyList<PlantedSummary> Planted(IReadOnlyList<Contender> contenders, IReadOnlyList<PlantedTask> tasks, int seeds, int threads = 0, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(contenders);
        ArgumentNullException.ThrowIfNull(tasks);
        Check(seeds);
        int each = tasks.Count * seeds;
        var runs = new PlantedRun[contenders.Count * each];
        var options = new ParallelOptions { MaxDegreeOfParallelism = device is not null ? 1 : threads == 0 ? Environment.ProcessorCount : threads };
        try
        {
            Parallel.For(0, runs.Length, options, index =>
            {
                PlantedTask task = tasks[index % each / seeds];
                (Policy policy, ulong seed) = (contenders[index / each].Policy(), (ulong)(index % seeds) + 1);
                runs[index] = device is null ? task.Run(policy, seed) : task.Run(policy, seed, device);
            });
        }
        catch (AggregateException exception)
        {
            // One run's error says as much as all of them.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
        return [.. runs.Chunk(each).Select(PlantedSummary.Of)];
    }

    /// <summary>Runs each policy on each shift with each seed, beside three that freeze nothing, the first unit, and everything but the head, from the start.</summary>
    /// <param name="contenders">The policies.</param>
    /// <param name="tasks">The shift tasks.</param>
    /// <param name="seeds">How many seeds; at least 1.</param>
    /// <param name="margin">Accuracies that differ by no more count as the same.</param>
    public static IReadOnlyList<ShiftSummary> Shifts(IReadOnlyList<Contender> contenders, ShiftTasks tasks, int seeds, double margin)
    {
        ArgumentNullException.ThrowIfNull(contenders);
        ArgumentNullException.ThrowIfNull(tasks);
        Check(seeds);
        var summaries = new List<ShiftSummary>();
        foreach (Shift shift in Enum.GetValues<Shift>())
        {
            ShiftRun[] never = Runs(seed => tasks.RunStatic(shift, 0, seed));
            summaries.Add(ShiftSummary.Of("never", never, never, margin));
            summaries.Add(ShiftSummary.Of("first unit frozen", Runs(seed => tasks.RunStatic(shift, 1, seed)), never, margin));
            summaries.Add(ShiftSummary.Of("all but the head frozen", Runs(seed => tasks.RunStatic(shift, tasks.Units - 1, seed)), never, margin));
            foreach (Contender contender in contenders) summaries.Add(ShiftSummary.Of(contender.Name, Runs(seed => tasks.Run(shift, contender.Policy(), seed)), never, margin));
        }
        return summaries;

        ShiftRun[] Runs(Func<ulong, ShiftRun> run) => [.. Enumerable.Range(1, seeds).Select(seed => run((ulong)seed))];
    }

    private static void Check(int seeds)
    {
        if (seeds < 1) throw new ArgumentOutOfRangeException(nameof(seeds), $"Validation: needs at least one seed, found {seeds}.");
    }
}
