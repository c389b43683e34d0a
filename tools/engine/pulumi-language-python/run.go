package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

const (
	shownToUser = 32              // the program runner's exit code for "the error is on the screen already"
	patience    = 5 * time.Second // from the interrupt of a process to its end
)

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if h.engine == "" {
		return nil, errors.New("the engine must call Handshake before Run")
	}
	tc, err := python(req.Info, false)
	if err != nil {
		return nil, err
	}
	if err := tc.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	if _, ok := req.Info.GetOptions().AsMap()["typechecker"]; ok {
		fmt.Fprintln(os.Stderr, "This language host runs no type checker: the typechecker option is ignored.")
	}
	config, err := configuration(req)
	if err != nil {
		return nil, err
	}
	ctx, stop := h.until(ctx)
	defer stop()
	cmd, err := tc.Command(ctx, h.arguments(req)...)
	if err != nil {
		return nil, err
	}
	prepare(cmd)
	cmd.Env = append(cmd.Env, config...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return runResponse(cmd.Run()), nil
}

// until is a context that ends with the request or with the host, whichever is first.
func (h *host) until(request context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(request)
	unhook := context.AfterFunc(h.ctx, cancel)
	return ctx, func() { unhook(); cancel() }
}

// prepare lets a cancelled process end by itself before it is killed. The engine cancels a program whenever a resource
// fails; SIGTERM ends Python without a word, where SIGINT would bury the resource's error under a traceback.
func prepare(cmd *exec.Cmd) {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.WaitDelay = patience
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
}

func (h *host) arguments(req *pulumirpc.RunRequest) []string {
	arguments := []string{h.executor}
	for _, option := range [][2]string{
		{"--monitor", req.MonitorAddress},
		{"--engine", h.engine},
		{"--project", req.Project},
		{"--root_directory", req.Info.RootDirectory},
		{"--stack", req.Stack},
		{"--pwd", req.Pwd},
		{"--dry_run", strconv.FormatBool(req.DryRun)},
		{"--parallel", strconv.Itoa(int(req.Parallel))},
		{"--tracing", h.tracing},
		{"--organization", req.Organization},
	} {
		if option[1] != "" {
			arguments = append(arguments, option[0], option[1])
		}
	}
	return append(append(arguments, req.Info.EntryPoint), req.Args...)
}

// configuration is the stack's, as the variables that the SDK reads: empty rather than null, since it iterates both.
func configuration(req *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(maps.Collect(maps.All(req.Config)))
	if err != nil {
		return nil, fmt.Errorf("failed to serialize configuration: %w", err)
	}
	secretKeys, err := json.Marshal(append([]string{}, req.ConfigSecretKeys...))
	if err != nil {
		return nil, fmt.Errorf("failed to serialize configuration secret keys: %w", err)
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeys)}, nil
}

func runResponse(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("problem executing program: %v", err)}
	case exit.ExitCode() == shownToUser:
		return &pulumirpc.RunResponse{Bail: true}
	case exit.ExitCode() < 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited unexpectedly: %v", exit)}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with non-zero exit code: %d", exit.ExitCode())}
	}
}

func (h *host) RunPlugin(req *pulumirpc.RunPluginRequest, srv pulumirpc.LanguageRuntime_RunPluginServer) error {
	isPolicy := req.Kind == "analyzer"
	tc, err := python(req.Info, !isPolicy)
	if err != nil {
		return err
	}
	ctx, stop := h.until(srv.Context())
	defer stop()
	cmd, err := pluginCommand(ctx, tc, req)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(srv, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	prepare(cmd)
	cmd.Dir, cmd.Stdout, cmd.Stderr = req.Pwd, stdout, stderr
	run := cmd.Run
	if isPolicy {
		cmd.Dir = req.Info.ProgramDirectory // where packs have always run
		if run, err = policyRun(ctx, cmd, stdout); err != nil {
			return err
		}
	}
	cmd.Env = append(cmd.Env, req.Env...)
	err = run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code := &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())}
		return srv.Send(&pulumirpc.RunPluginResponse{Output: code})
	}
	if err != nil {
		return fmt.Errorf("problem executing plugin program: %w", err)
	}
	return closer.Close()
}

// pluginCommand runs a policy pack with Pulumi's own runner, a directory with a __main__.py as such, and else the
// package that a pyproject.toml describes.
func pluginCommand(
	ctx context.Context, tc toolchain.Toolchain, req *pulumirpc.RunPluginRequest,
) (*exec.Cmd, error) {
	directory := req.Info.ProgramDirectory
	if req.Kind == "analyzer" {
		return tc.Command(ctx, append(append([]string{"-u", "-m", "pulumi.policy"}, req.Args...), directory)...)
	}
	if _, err := os.Stat(filepath.Join(req.Info.RootDirectory, "__main__.py")); err == nil {
		return tc.Command(ctx, append([]string{"-u", directory}, req.Args...)...)
	}
	project, err := toolchain.LoadPyproject(req.Info.RootDirectory)
	if err != nil || project.Project == nil {
		return nil, errors.New("the plugin provides neither __main__.py nor a pyproject.toml with a [project]")
	}
	return tc.ModuleCommand(ctx, "pulumi.run.plugin", append([]string{project.Project.Name}, req.Args...)...)
}

// policyRun waits for the stack's configuration, which a pack reads from its environment and so before it starts.
func policyRun(ctx context.Context, cmd *exec.Cmd, stdout io.Writer) (func() error, error) {
	proxy, stdout, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return nil, fmt.Errorf("could not start the policy pack's proxy: %w", err)
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return nil, fmt.Errorf("could not get the stack's configuration: %w", err)
	}
	if stack != nil {
		config, err := json.Marshal(maps.Collect(maps.All(stack.Config)))
		if err != nil {
			return nil, err
		}
		cmd.Env = append(cmd.Env,
			"PULUMI_ORGANIZATION="+stack.Organization, "PULUMI_PROJECT="+stack.Project, "PULUMI_STACK="+stack.Stack,
			"PULUMI_DRY_RUN="+strconv.FormatBool(stack.DryRun), "PULUMI_CONFIG="+string(config))
	}
	cmd.Stdout = stdout
	return func() error {
		if err := cmd.Start(); err != nil {
			return err
		}
		return proxy.Attach(ctx, cmd)
	}, nil
}
