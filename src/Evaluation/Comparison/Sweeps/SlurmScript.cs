using System.Text;

namespace ResearchFreeze.Evaluation;

/// <summary>A plan's runs as Slurm arrays, an array a stage, in one script for bash: called by a user it submits itself, called by Slurm it makes one run.</summary>
public static class SlurmScript
{
    /// <summary>Its name in a comparison's folder.</summary>
    public const string File = "sweep.slurm";

    private const int LongestName = 40;

    // Slurm's default for MaxArraySize allows 0 to 1000.
    private const int MostOfAnArray = 1000;

    /// <summary>The script.</summary>
    /// <param name="setting">What runs are started with.</param>
    /// <param name="stages">The stages.</param>
    /// <param name="pilot">What was measured.</param>
    /// <param name="processors">Processors of a run.</param>
    /// <param name="needsGpu">Whether a run needs a GPU.</param>
    public static string Text(SweepSetting setting, IReadOnlyList<IReadOnlyList<PlannedRun>> stages, SweepPilot pilot, int processors, bool needsGpu)
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(stages);
        ArgumentNullException.ThrowIfNull(pilot);
        int runs = stages.Sum(stage => stage.Count);
        var text = new StringBuilder();
        Lines(
            "#!/bin/bash",
            $"{SweepFile.Mark} {runs} {(runs == 1 ? "run" : "runs")} in {stages.Count} {(stages.Count == 1 ? "stage" : "stages")}. Submit with: bash {File} [options of sbatch, as --partition=NAME]",
            "# A run that is done is left alone, and one that was stopped goes on from its checkpoint: submitting again is safe. What runs print is in logs/NAME.txt.",
            "# Each stage is an array of jobs. Runs of stage 2 need runs of stage 1, whose freezes they repeat or whose saving they spend: it begins when all of stage 1 have ended, however they ended (afterany).",
            $"# Measured: {pilot.Sentence}.",
            $"#SBATCH --job-name={JobName(setting.Folder)}",
            FormattableString.Invariant($"#SBATCH --time={pilot.Minutes / 60:00}:{pilot.Minutes % 60:00}:00"),
            FormattableString.Invariant($"#SBATCH --mem={pilot.Megabytes}M"),
            FormattableString.Invariant($"#SBATCH --cpus-per-task={processors}"));
        if (needsGpu) Lines("#SBATCH --gres=gpu:1");
        Lines(
            "# A minute before its time is over a run writes a checkpoint and ends.",
            "#SBATCH --signal=B:TERM@60",
            "#SBATCH --requeue",
            "#SBATCH --output=/dev/null",
            "",
            $"freeze=({TrainLine.Shell(setting.Program)})",
            "# Where the plan's relative paths begin.",
            $"work={TrainLine.Shell([setting.WorkingFolder])}");
        foreach ((IReadOnlyList<PlannedRun> stage, int i) in stages.Select((stage, i) => (stage, i)))
        {
            Lines(FormattableString.Invariant($"stage{i + 1}=("));
            foreach (PlannedRun run in stage) Lines($"    {TrainLine.Shell([run.Name])}");
            Lines(")");
        }
        text.Append(
            $$"""

            # One run, as Slurm calls it: --run FOLDER STAGE FIRST.
            if [ "$1" = --run ]; then
                declare -n runs="stage$3"
                name=${runs[$4 + SLURM_ARRAY_TASK_ID]}
                cd -- "$work" && mkdir -p -- "$2/{{SweepSetting.Logs}}" || exit
                # A plan without --threads uses the processors that there are: here, those that the job has.
                [ -z "$SLURM_CPUS_PER_TASK" ] || export DOTNET_PROCESSOR_COUNT=$SLURM_CPUS_PER_TASK
                # In place of this shell, so that Slurm's signals reach it.
                exec "${freeze[@]}" sweep "$2" --run "$name" >>"$2/{{SweepSetting.Logs}}/$name.txt" 2>&1
            fi

            script=${BASH_SOURCE[0]}
            folder=$(cd -- "$(dirname -- "$script")" && pwd) || exit
            after=()
            for ((stage = 1; stage <= {{stages.Count}}; stage++)); do
                declare -n runs="stage$stage"
                jobs=
                for ((first = 0; first < ${#runs[@]}; first += {{MostOfAnArray}})); do
                    last=$((${#runs[@]} - first - 1))
                    ((last < {{MostOfAnArray}})) || last={{MostOfAnArray - 1}}
                    job=$(sbatch --parsable --array="0-$last{{(setting.Jobs is { } most ? FormattableString.Invariant($"%{most}") : "")}}" "${after[@]}" "$@" -- "$script" --run "$folder" "$stage" "$first") || exit
                    echo "stage $stage: job ${job%%;*}, $((last + 1)) runs"
                    jobs+=:${job%%;*}
                done
                after=(--dependency="afterany$jobs")
            done

            """.ReplaceLineEndings("\n"));
        return text.ToString();

        void Lines(params ReadOnlySpan<string> lines)
        {
            foreach (string line in lines) text.Append(line).Append('\n');
        }
    }

    /// <summary>The folder's name, as far as a job's can hold it.</summary>
    private static string JobName(string folder)
    {
        string name = string.Concat(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)).Take(LongestName).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        return name.Trim('-').Length == 0 ? "sweep" : name;
    }
}
