using System.Diagnostics;
using System.Globalization;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.BeforeAfter;

/// <summary>
/// One build's side: reads a case and how many milliseconds to time it for from each line of standard input, and answers with the median of its calls, in milliseconds. Between two lines it sleeps in a read, its threads
/// too, so that the other side has the machine.
/// </summary>
internal static class Worker
{
    private const int MostCalls = 1000;
    private const int PauseMilliseconds = 30;
    private const int WarmUpMilliseconds = 600;     // the runtime optimises what is called often, after a tenth of a second in which nothing new was compiled

    public static void Run(int threads, TextReader input, TextWriter output)
    {
        using var device = new CpuDevice(threads);
        (string name, Case? current) = ("", null);
        while (input.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (current is null || words[0] != name)
            {
                current?.Dispose();
                (name, current) = (words[0], new Case(words[0], device));
                for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMilliseconds < WarmUpMilliseconds;) current.Run();
            }
            output.WriteLine(Turn(current, double.Parse(words[1], CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture));
            output.Flush();
        }
        current?.Dispose();
    }

    private static double Turn(Case one, double milliseconds)
    {
        // The other side's threads come to rest; then a call that brings the data back into the caches.
        Thread.Sleep(PauseMilliseconds);
        one.Run();
        List<double> times = [];
        for (double sum = 0; (sum < milliseconds || times.Count < 2) && times.Count < MostCalls; sum += times[^1])
        {
            long start = Stopwatch.GetTimestamp();
            one.Run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        times.Sort();
        return (times[(times.Count - 1) / 2] + times[times.Count / 2]) / 2;
    }
}
