using System.Diagnostics;
using System.Globalization;

namespace ResearchFreeze.BeforeAfter;

/// <summary>A build of this program in a process of its own, asked for one turn at a time.</summary>
internal sealed class Contender : IDisposable
{
    private readonly Process process;
    private readonly string folder;

    public Contender(DirectoryInfo build, int threads)
    {
        folder = build.FullName;
        string program = Path.Combine(folder, "ResearchFreeze.BeforeAfter.dll");
        if (!File.Exists(program)) throw new ArgumentException($"expected a build of this program, found no {program}");
        process = Process.Start(new ProcessStartInfo("dotnet", [program, "worker", "--threads", threads.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>The median of a turn's calls, in milliseconds.</summary>
    public double Turn(string name, double milliseconds)
    {
        process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {milliseconds}"));
        process.StandardInput.Flush();
        // The worker has said on standard error what was wrong.
        string answer = process.StandardOutput.ReadLine() ?? throw new ArgumentException($"case '{name}' failed in {folder}");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
